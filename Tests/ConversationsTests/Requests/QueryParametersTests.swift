import Testing

@testable import Conversations

@Suite("Query parameters")
struct QueryParametersTests {
  private func list(
    _ query: String?, role: PrincipalRole = .user
  ) throws(RequestRejection) -> (ConversationFilter, PageRequest) {
    var parameters = QueryParameters(query)
    let filter = ConversationFilter(&parameters, subject: UserID("me"), role: role)
    let page = PageRequest(&parameters)
    try parameters.finish()
    return (filter, page)
  }

  @Test("Without parameters the defaults hold", arguments: [nil, "", "&", "&&"])
  func defaults(_ query: String?) throws {
    let (filter, page) = try list(query)
    #expect(filter == ConversationFilter(userID: UserID("me")))
    #expect(page == PageRequest(page: 1, limit: 50))
    #expect(filter.normalized == "-:-")
  }

  @Test("Order and encoding of the query do not show in its meaning")
  func normalized() throws {
    let first = try list("status=active&transcriptReceived=true&page=2&limit=10")
    let second = try list("limit=10&page=2&transcriptReceived=tr%75e&&status=%61ctive")
    #expect(first == second)
    #expect(first.0.normalized == "active:true")
    #expect(first.1.offset == 10)
  }

  @Test("Only service and admin may ask for another user's list")
  func userID() throws {
    #expect(try list("userId=auth0%7C1", role: .service).0.userID?.text == "auth0|1")
    #expect(try list(nil, role: .admin).0.userID == nil)
    #expect(
      faults(rejection { () throws(RequestRejection) in try list("userId=x") }) == [
        "userId: unknown_parameter"
      ])
  }

  @Test(
    "Everything wrong is reported at once",
    arguments: [
      ("foo=1&bar&foo=2", ["bar: unknown_parameter", "foo: unknown_parameter"]),
      ("page=1&page=2", ["page: repeated_parameter"]),
      (
        "status=done&transcriptReceived=1&page=0&limit=101",
        ["limit: invalid", "page: invalid", "status: invalid", "transcriptReceived: invalid"]
      ),
      ("page=01", ["page: invalid"]), ("page=1&limit=00050", ["limit: invalid"]),
      ("page=-0", ["page: invalid"]),
      ("page=%D9%A1", ["page: invalid"]), ("page=1e1", ["page: invalid"]), ("page", ["page: invalid"]),
      ("page=&limit=+5", ["limit: invalid", "page: invalid"]), ("page=-1", ["page: invalid"]),
      ("page=99999999999999999999", ["page: invalid"]), ("page=1.5", ["page: invalid"]),
      ("Page=1", ["Page: unknown_parameter"]),
      ("page=201", ["page: too_deep"]), ("page=101&limit=100", ["page: too_deep"]),
      ("page=9223372036854775807&limit=100", ["page: too_deep"]), ("page=%zz", ["page: bad_encoding"]),
      ("status=%ff", ["status: bad_encoding"]), ("a%00=1", ["a%00: bad_encoding"]),
      ("page=%3", ["page: bad_encoding"]),
    ])
  func faultList(_ query: String, _ expected: [String]) {
    let rejection = rejection { () throws(RequestRejection) in try list(query) }
    #expect(rejection?.code == .invalidParameters)
    #expect(rejection?.status == 400)
    #expect(faults(rejection) == expected)
  }

  @Test("A page may reach 10,000 rows deep, and beyond it the advice is a cursor")
  func deepest() throws {
    #expect(try list("page=100&limit=100").1 == PageRequest(page: 100, limit: 100))
    #expect(try list("page=200").1.offset == 9950)
    let rejection = rejection { () throws(RequestRejection) in try list("page=201") }
    #expect(rejection?.errors.first?.detail.contains("cursor") == true)
  }

  @Test("A value may hold spaces, equals signs and any characters")
  func values() {
    var parameters = QueryParameters("a=b=c&d=%C3%A9+x%2B")
    #expect(parameters.string("a") == "b=c")
    #expect(parameters.string("d") == "é x+")
    #expect(rejection { () throws(RequestRejection) in try parameters.finish() } == nil)
  }
}

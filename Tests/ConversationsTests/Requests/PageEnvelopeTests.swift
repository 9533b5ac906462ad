import Testing

@testable import Conversations

@Suite("Page envelope")
struct PageEnvelopeTests {
  private struct Item: JSONEncodable {
    let value: Int
    func encode(into writer: inout JSONWriter) { writer.integer(value) }
  }

  @Test("It has exactly the contract's members in their order")
  func encoding() throws {
    let page = try #require(PageRequest(page: 1, limit: 50))
    let text = PageEnvelope(page, total: 1500).encode([Item(value: 1), Item(value: 2)]).text
    #expect(text == #"{"items":[1,2],"total":1500,"page":1,"limit":50,"totalPages":30,"hasMore":true}"#)
    let uncounted = PageEnvelope(page, hasMore: true).encode([Item]()).text
    #expect(uncounted == #"{"items":[],"total":null,"page":1,"limit":50,"totalPages":null,"hasMore":true}"#)
  }

  @Test(
    "Pages and more are told from the total",
    arguments: [
      (1, 50, 0, 0, false), (1, 50, 1, 1, false), (1, 50, 50, 1, false), (1, 50, 51, 2, true),
      (2, 50, 51, 2, false),
      (9, 50, 51, 2, false), (1, 1, 3, 3, true), (100, 100, 10_001, 101, true),
    ])
  func totals(page: Int, limit: Int, total: Int, pages: Int, hasMore: Bool) throws {
    let envelope = PageEnvelope(try #require(PageRequest(page: page, limit: limit)), total: total)
    #expect(envelope.totalPages == pages)
    #expect(envelope.hasMore == hasMore)
  }

  @Test("A problem has the members of RFC 9457 and ours, errors only where there are any")
  func problem() {
    var problem = ProblemDetails(
      title: "Bad Request", status: 400, detail: "No \"x\".", instance: "/conversations",
      code: "invalid_parameters", requestID: "r-1")
    let start =
      #"{"type":"about:blank","title":"Bad Request","status":400,"detail":"No \"x\".","instance":"/conversations","#
      + #""code":"invalid_parameters","requestId":"r-1""#
    #expect(problem.jsonBytes().text == start + "}")
    problem.errors = [
      FieldError(.parameter("x"), code: "unknown_parameter", detail: "d"),
      FieldError(member: "a/b", code: "c", detail: "e"),
    ]
    #expect(
      problem.jsonBytes().text == start
        + #","errors":[{"parameter":"x","code":"unknown_parameter","detail":"d"},{"pointer":"/a~1b","code":"c","detail":"e"}]}"#
    )
  }
}

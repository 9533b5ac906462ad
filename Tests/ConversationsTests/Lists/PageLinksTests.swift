import Testing

@testable import Conversations

@Suite("Links")
struct PageLinksTests {
  /// The targets by relation, in order, of a page of `/things`.
  private func links(_ query: String, _ page: PageRequest?, _ summary: PageSummary) -> [String] {
    PageLinks(path: "/things", query: QueryParameters(query), page: page).field(summary)
      .split(separator: ", ").map(String.init)
  }

  @Test(
    "A numbered page links to those that exist, and from behind the end to the last",
    arguments: [
      (1, 0, ["first 1", "last 1"]), (1, 1, ["first 1", "last 1"]), (1, 10, ["first 1", "last 1"]),
      (1, 11, ["first 1", "next 2", "last 2"]), (2, 11, ["first 1", "prev 1", "last 2"]),
      (2, 25, ["first 1", "prev 1", "next 3", "last 3"]), (9, 25, ["first 1", "prev 3", "last 3"]),
      (4, 0, ["first 1", "prev 1", "last 1"]),
    ])
  func numbered(_ page: Int, _ total: Int, _ expected: [String]) throws {
    let request = try #require(PageRequest(page: page, limit: 10))
    let summary = PageSummary(total: total, hasMore: page * 10 < total)
    let expected = expected.map { link in
      let parts = link.split(separator: " ")
      return "</things?limit=10&page=\(parts[1])>; rel=\"\(parts[0])\""
    }
    #expect(links("page=\(page)&limit=10", request, summary) == expected)
  }

  @Test("Without a total there is no last page")
  func uncounted() throws {
    let request = try #require(PageRequest(page: 2, limit: 50))
    #expect(
      links("total=false&page=2", request, PageSummary(total: nil, hasMore: true)) == [
        #"</things?total=false&page=1>; rel="first""#, #"</things?total=false&page=1>; rel="prev""#,
        #"</things?total=false&page=3>; rel="next""#,
      ])
  }

  @Test("No link leads where the answer is a 400: the deepest page goes on by cursor, and the last has none")
  func deepest() throws {
    let request = try #require(PageRequest(page: 100, limit: 100))
    let summary = PageSummary(total: 10_001, hasMore: true, nextCursor: "0a")
    #expect(
      links("limit=100&page=100", request, summary) == [
        #"</things?limit=100&page=1>; rel="first""#, #"</things?limit=100&page=99>; rel="prev""#,
        #"</things?limit=100&cursor=0a>; rel="next""#,
      ])
  }

  @Test("Read by cursor, there is a first page and a next one")
  func cursor() {
    #expect(
      links("cursor=0a&limit=3", nil, PageSummary(total: 9, hasMore: true, nextCursor: "0b")) == [
        #"</things?limit=3&cursor=>; rel="first""#, #"</things?limit=3&cursor=0b>; rel="next""#,
      ])
    #expect(
      links("cursor", nil, PageSummary(total: 9, hasMore: false)) == [#"</things?cursor=>; rel="first""#])
  }

  @Test("Filters are kept, encoded so that nothing of them ends the reference")
  func filters() throws {
    let request = try #require(PageRequest())
    let field = PageLinks(
      path: "/users/\(PercentEncoder.encode("auth0|a>b"))/messages",
      query: QueryParameters("userId=auth0%7Canna%2B1&status=%61ctive&x=%22%3E%2C+é"), page: request
    ).field(PageSummary(total: 1, hasMore: false))
    #expect(
      field.hasPrefix(
        "</users/auth0%7Ca%3Eb/messages?userId=auth0%7Canna%2B1&status=active&x=%22%3E%2C%20%C3%A9&page=1>"))
  }
}

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
    #expect(envelope.summary.hasMore == hasMore)
  }

  @Test("Read by cursor, a page has no number, and tells where to go on")
  func cursor() {
    let text = PageEnvelope(limit: 2, total: 7, nextCursor: "c1").encode([Item(value: 1)]).text
    #expect(
      text
        == #"{"items":[1],"total":7,"page":null,"limit":2,"totalPages":null,"hasMore":true,"nextCursor":"c1"}"#
    )
    let last = PageEnvelope(limit: 2, total: nil, nextCursor: nil).encode([Item]()).text
    #expect(
      last
        == #"{"items":[],"total":null,"page":null,"limit":2,"totalPages":null,"hasMore":false,"nextCursor":null}"#
    )
  }

  @Test("A cursor leads on from a numbered page only where there is more, and is no part of its body")
  func numberedCursor() throws {
    let page = try #require(PageRequest(page: 2, limit: 1))
    let envelope = PageEnvelope(page, total: 3, nextCursor: "c")
    #expect(envelope.summary == PageSummary(total: 3, hasMore: true, nextCursor: "c"))
    #expect(!envelope.encode([Item]()).text.contains("ursor"))
    #expect(PageEnvelope(page, total: 2, nextCursor: "c").summary.nextCursor == nil)
    #expect(PageEnvelope(page, hasMore: false, nextCursor: "c").summary.nextCursor == nil)
  }

  @Test(
    "A summary is read as it was written",
    arguments: [
      PageSummary(total: 1500, hasMore: true), PageSummary(total: nil, hasMore: false),
      PageSummary(total: 0, hasMore: true, nextCursor: "0aff"),
    ])
  func summary(_ summary: PageSummary) {
    #expect(PageSummary(summary.text) == summary)
  }

  @Test("Any other text is no summary", arguments: ["", "5", "x true", "5 maybe", "5 true c d"])
  func noSummary(_ text: String) {
    #expect(PageSummary(text) == nil)
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

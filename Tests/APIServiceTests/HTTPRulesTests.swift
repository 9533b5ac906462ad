import Testing

@testable import APIService

@Suite struct EntityTagTests {
  @Test(
    "If-None-Match compares weakly and understands lists and the star",
    arguments: [
      (["\"a\""], true), (["W/\"a\""], true), (["\"b\", \"a\""], true), (["\"b\"", " \"a\" "], true),
      (["*"], true),
      (["\"b\""], false), (["a"], false), ([], false), ([""], false),
    ] as [([String], Bool)])
  func ifNoneMatch(fields: [String], matches: Bool) {
    #expect(EntityTag.ifNoneMatch(fields, matches: "\"a\"") == matches)
  }

  @Test(
    "If-Match compares strongly and is no condition when absent",
    arguments: [
      (["\"a\""], true), (["*"], true), ([], true), (["\"b\",\"a\""], true), (["W/\"a\""], false),
      (["\"b\""], false),
    ] as [([String], Bool)])
  func ifMatch(fields: [String], matches: Bool) {
    #expect(EntityTag.ifMatch(fields, matches: "\"a\"") == matches)
  }
}

@Suite struct RequestIDTests {
  @Test("A well-formed id is kept", arguments: ["a", "A-z_0.9", String(repeating: "x", count: 128)])
  func kept(id: String) {
    #expect(RequestID.accept(id) == id)
  }

  @Test(
    "Any other is replaced by 32 hex digits",
    arguments: [nil, "", "a b", "a\nb", "é", String(repeating: "x", count: 129)])
  func replaced(id: String?) {
    let made = RequestID.accept(id)
    #expect(made.count == 32 && made.allSatisfy(\.isHexDigit))
    #expect(made != RequestID.accept(id))
  }
}

@Suite struct WebhookTokensTests {
  @Test(
    "Each of several tokens is accepted, nothing else",
    arguments: [
      ("first", true), ("second", true), ("firs", false), ("first ", false), ("", false),
      ("firstsecond", false),
    ])
  func accept(candidate: String, isAccepted: Bool) {
    #expect(WebhookTokens(["first", "second"]).accept(candidate) == isAccepted)
  }

  @Test("Without tokens nothing is accepted")
  func none() {
    #expect(!WebhookTokens([]).accept(""))
  }
}

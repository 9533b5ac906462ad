import Testing

@testable import APIService

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

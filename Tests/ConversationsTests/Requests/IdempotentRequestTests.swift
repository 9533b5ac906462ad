import Testing

@testable import Conversations

@Suite("Idempotent requests")
struct IdempotentRequestTests {
  private func request(_ key: String, role: PrincipalRole = .user, body: String = "{}") -> IdempotentRequest?
  {
    IdempotentRequest(
      key: key, principal: UserID(stored: "anna"), role: role, route: "POST /things", body: Array(body.utf8))
  }

  @Test("Visible ASCII is a key, up to 255 characters")
  func keys() {
    for key in ["a", #""8e03978e-40d5-43dd-bc93-6894a57f9324""#, "!~", String(repeating: "k", count: 255)] {
      #expect(request(key)?.key == key)
    }
    for key in ["", " ", "a b", "é", "a\u{7F}", "a\t", String(repeating: "k", count: 256)] {
      #expect(request(key) == nil)
    }
  }

  @Test("Another body or role is another request, another key is not")
  func fingerprint() throws {
    let first = try #require(request("a"))
    #expect(first.fingerprint.count == 32)
    #expect(request("b")?.fingerprint == first.fingerprint)
    #expect(request("a", body: "{ }")?.fingerprint != first.fingerprint)
    #expect(request("a", role: .service)?.fingerprint != first.fingerprint)
  }
}

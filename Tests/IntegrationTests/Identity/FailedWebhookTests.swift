import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Failed webhook authentications")
  struct FailedWebhookTests {
    @Test(
      "After 60 in a minute an address is told to wait, by any instance; what is authentic is taken all the same"
    )
    func limited() async throws {
      try await LocalSystem.run { system in
        let settings = ["TRUSTED_PROXIES": "127.0.0.1"]
        let apis = [try await system.startAPI(settings), try await system.startAPI(settings)]
        let event = try ProviderEvent.transcript("limited", [])
        func post(_ number: Int, _ token: String, from address: String) async throws -> Answer {
          try await apis[number % 2].anonymous.send(
            "POST", "/webhooks/tavus?token=\(token)", ["X-Forwarded-For": address], body: event)
        }
        for number in 0..<60 {
          expectProblem(try await post(number, "wrong", from: "198.51.100.7"), 401)
        }
        for number in 0..<4 {
          let refused = try await post(number, "wrong", from: "198.51.100.7")
          expectProblem(refused, 429)
          #expect((1...60).contains(refused.field("Retry-After").flatMap { Int($0) } ?? 0))
        }
        #expect(try await post(0, system.webhookToken, from: "198.51.100.7").status == 202)
        expectProblem(try await post(0, "wrong", from: "198.51.100.8"), 401)
        // A subscriber of IPv6 has one limit, not 2⁶⁴.
        for number in 0..<60 {
          expectProblem(try await post(number, "wrong", from: "2001:db8:1:2::\(number + 1)"), 401)
        }
        expectProblem(try await post(0, "wrong", from: "2001:db8:1:2:ffff::1"), 429)
        expectProblem(try await post(0, "wrong", from: "2001:db8:1:3::1"), 401)
      }
    }
  }
}

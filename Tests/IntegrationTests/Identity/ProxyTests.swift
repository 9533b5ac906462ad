import TestSupport
import Testing

extension Integration {
  @Suite("Behind proxies")
  struct ProxyTests {
    @Test(
      "Behind a trusted proxy /metrics is judged by the client's address, behind any other it does not exist")
    func metrics() async throws {
      let system = try await SharedSystem.api().system
      let api = try await system.startAPI([
        "TRUSTED_PROXIES": "127.0.0.0/8, 192.0.2.0/24", "ADMIN_NETWORKS": "127.0.0.1, 10.0.0.0/8",
      ])
      let expected: [(String, Int)] = [
        ("10.1.2.3", 200), ("10.1.2.3:4711", 200), ("10.1.2.3, 192.0.2.1", 200), ("198.51.100.7", 404),
        ("10.1.2.3, 198.51.100.7", 404), ("198.51.100.7, 10.1.2.3", 200),
        ("10.1.2.3, 203.0.113.1, 192.0.2.1", 404),
        ("unknown", 404), ("", 404), ("10.1.2.3, unknown", 404), ("2001:db8::1", 404),
      ]
      for (forwarded, status) in expected {
        let answer = try await api.anonymous.get("/metrics", ["X-Forwarded-For": forwarded])
        #expect(answer.status == status, "\(forwarded)")
      }
      #expect(try await api.anonymous.get("/metrics").status == 200)
      #expect(try await api.anonymous.get("/metrics", ["Forwarded": "for=10.1.2.3"]).status == 404)
      let untrusting = try await system.startAPI(["TRUSTED_PROXIES": "192.0.2.0/24"])
      for forwarded in ["10.1.2.3", "127.0.0.1, 192.0.2.1"] {
        let answer = try await untrusting.anonymous.get("/metrics", ["X-Forwarded-For": forwarded])
        #expect(answer.status == 404, "\(forwarded)")
      }
      for program in [api.program, untrusting.program] { program.process.kill() }
    }
  }
}

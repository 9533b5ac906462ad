import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Rate limit without Redis")
  struct RateLimitOutageTests {
    @Test(
      "While Redis is away requests are counted here, admitted, or refused, as it is set; then Redis counts again",
      arguments: [
        ("local", [200, 200, 429], "2"), ("allow", [200, 200, 200], nil), ("deny", [503, 503, 503], nil),
      ] as [(String, [Int], String?)])
    func away(policy: String, statuses: [Int], limit: String?) async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "RATE_LIMIT_REQUESTS": "2", "RATE_LIMIT_WINDOW_SECONDS": "600", "RATE_LIMIT_ON_STORE_ERROR": policy,
        ])
        try await system.cacheRedis.stop()
        var answers: [Answer] = []
        for _ in statuses { answers.append(try await api.client("anna").get("/conversations")) }
        #expect(answers.map(\.status) == statuses)
        for answer in answers { #expect(answer.field("X-RateLimit-Limit") == limit) }
        if policy == "deny" { expectProblem(answers[0], 503, code: "rate_limit_unavailable") }
        let fallbacks = try await Scrape.of(api.program)["freshet_rate_limit_fallbacks_total{limit=\"user\"}"]
        #expect(fallbacks == 3)
        try await system.cacheRedis.restart()
        let isCounted = try await eventually(within: .seconds(20)) {
          let user = Name.user()
          let answers = [
            try await api.client(user).get("/conversations"),
            try await api.client(user).get("/conversations"),
          ]
          let isThere = try await system.ask(system.cacheRedis, "EXISTS", "rate:{user:\(user)}:log") == ["1"]
          return isThere && answers.map { $0.field("X-RateLimit-Remaining") } == ["1", "0"]
        }
        #expect(isCounted)
      }
    }

    @Test("When Redis goes away nobody has more left than it said")
    func left() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "RATE_LIMIT_REQUESTS": "3", "RATE_LIMIT_WINDOW_SECONDS": "600",
        ])
        for _ in 0..<2 { #expect(try await api.client("anna").get("/conversations").status == 200) }
        try await system.cacheRedis.stop()
        var answers: [Answer] = []
        for _ in 0..<2 { answers.append(try await api.client("anna").get("/conversations")) }
        #expect(answers.map(\.status) == [200, 429])
        #expect(answers.map { $0.field("X-RateLimit-Remaining") } == ["0", "0"])
        #expect(try await api.client("bert").get("/conversations").field("X-RateLimit-Remaining") == "2")
      }
    }

    @Test(
      "A Redis that does not answer makes no request wait for it, once that is known"
    )
    func frozen() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "1000"])
        let client = api.client("anna")
        #expect(try await client.get("/conversations").status == 200)
        system.cacheRedis.pause()
        for _ in 0..<25 { #expect(try await client.get("/conversations").status == 200) }
        let start = ContinuousClock.now
        for _ in 0..<50 { #expect(try await client.get("/conversations").status == 200) }
        // Fifty times the 50 ms that Redis gets would be longer than this alone.
        #expect(ContinuousClock.now - start < .seconds(2.5))
        system.cacheRedis.resume()
      }
    }
  }
}

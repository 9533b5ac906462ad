import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension Integration {
  /// What a client sees of the limit.
  @Suite("Rate limit")
  struct RateLimitTests {
    private static let fields = [
      "RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ]

    /// Expects all fields to tell the same.
    private static func expectFields(
      _ answer: Answer, limit: Int, remaining: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let reset = try #require(
        answer.field("X-RateLimit-Reset").flatMap { Int($0) }, "\(answer)", sourceLocation: sourceLocation)
      #expect((1...60).contains(reset), sourceLocation: sourceLocation)
      #expect(
        fields.map { answer.field($0) } == [
          "\"default\";q=\(limit);w=60", "\"default\";r=\(remaining);t=\(reset)", "\(limit)", "\(remaining)",
          "\(reset)",
        ], "\(answer)", sourceLocation: sourceLocation)
    }

    private static func expectNoFields(
      _ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        fields.allSatisfy { !answer.headers.contains(name: $0) }, "\(answer)", sourceLocation: sourceLocation)
    }

    private static func expectRefusal(
      _ answer: Answer, limit: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      expectProblem(answer, 429, code: "rate_limited", sourceLocation: sourceLocation)
      try expectFields(answer, limit: limit, remaining: 0, sourceLocation: sourceLocation)
      #expect(
        answer.field("Retry-After") == answer.field("X-RateLimit-Reset"), sourceLocation: sourceLocation)
    }

    @Test(
      "Every answer of a limited route tells what is left, also when it is none or an error; each counts once"
    )
    func everyAnswer() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "14"])
        let client = api.client("anna")
        let created = try await client.post("/conversations", ["title": "T"])
        #expect(created.status == 201)
        try Self.expectFields(created, limit: 14, remaining: 13)
        let path = "/conversations/\(try created.decoded(ConversationBody.self).id)"
        let first = try await client.get(path)
        #expect(first.status == 200)
        try Self.expectFields(first, limit: 14, remaining: 12)
        let etag = try #require(first.field("ETag"))
        let requests: [(method: String, path: String, headers: [String: String], status: Int)] = [
          ("GET", path, [:], 200), ("GET", path, ["If-None-Match": etag], 304),
          ("GET", path, ["If-None-Match": "\"another\""], 200), ("HEAD", path, [:], 200),
          ("GET", "/conversations?total=false", [:], 200), ("GET", "/conversations?wrong=1", [:], 400),
          ("GET", "/conversations/\(UUID().uuidString.lowercased())", [:], 404),
          ("GET", "/conversations/nothing", [:], 404), ("PATCH", path, [:], 415), ("PUT", path, [:], 405),
          ("GET", "/users/anna/messages", ["Accept-Encoding": "identity;q=0, br"], 406),
          ("DELETE", path, [:], 204),
        ]
        for (number, request) in requests.enumerated() {
          let answer = try await client.send(request.method, request.path, request.headers)
          #expect(answer.status == request.status, "\(request): \(answer)")
          try Self.expectFields(answer, limit: 14, remaining: 11 - number)
        }
        for method in ["GET", "HEAD", "PATCH", "DELETE"] {
          let answer = try await client.send(method, path)
          #expect(answer.status == 429)
          if method != "HEAD" { try Self.expectRefusal(answer, limit: 14) }
        }
        #expect(try await api.client("bert").get("/conversations").status == 200)
      }
    }

    @Test("A refused request is not looked up, loaded or carried out")
    func refused() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "2"])
        let client = api.client("anna")
        #expect(try await client.post("/conversations", ["title": "T"]).status == 201)
        #expect(try await client.get("/conversations").status == 200)
        #expect(try await eventually { try await Self.isAtRest(api) })
        let before = try await Self.work(api)
        for _ in 0..<5 {
          try Self.expectRefusal(try await client.post("/conversations", ["title": "Lost"]), limit: 2)
          try Self.expectRefusal(try await client.get("/users/anna/messages"), limit: 2)
          try Self.expectRefusal(try await client.get("/conversations?total=false"), limit: 2)
        }
        #expect(try await Self.work(api) == before)
        #expect(try await system.rows("SELECT count(*) FROM conversations") == [["1"]])
      }
    }

    /// Whether what was read has been offered to Redis as well, which comes after the answer.
    private static func isAtRest(_ api: API) async throws -> Bool {
      let scrape = try await Scrape.of(api.program)
      let loads = ["miss", "stale"].map { scrape["freshet_cache_reads_total{outcome=\"\($0)\"}"] ?? 0 }
      return scrape.family("freshet_cache_fills_total").values.reduce(0, +) >= loads.reduce(0, +)
    }

    /// Reads answered, and answers offered to Redis.
    private static func work(_ api: API) async throws -> [Double?] {
      let scrape = try await Scrape.of(api.program)
      return ["hit", "miss", "stale"].map { scrape["freshet_cache_reads_total{outcome=\"\($0)\"}"] }
        + [scrape["freshet_cache_fills_total{outcome=\"stored\"}"]]
    }

    @Test(
      "What monitors, operators and the provider ask is exempt, and so are services and admins by default")
    func exempt() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "1"])
        for path in ["/health", "/health/live", "/health/ready", "/metrics", "/nowhere"] {
          for _ in 0..<3 {
            let answer = try await api.anonymous.get(path)
            #expect(answer.status == (path == "/nowhere" ? 404 : 200))
            Self.expectNoFields(answer)
          }
        }
        for role in ["service", "admin"] {
          for _ in 0..<3 {
            let answer = try await api.client("anna", role: role).get("/conversations")
            #expect(answer.status == 200)
            Self.expectNoFields(answer)
          }
        }
        for number in 0..<3 {
          let event = try JSON.bytes(["conversation_id": "c\(number)", "event_type": "system.replica_joined"])
          let answer = try await api.post(event)
          #expect(answer.status == 202)
          Self.expectNoFields(answer)
        }
      }
    }

    @Test("Services and admins have a limit of their own where it is set; without the other users have none")
    func services() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "0", "RATE_LIMIT_SERVICE_REQUESTS": "2"])
        for role in ["service", "admin"] {
          let client = api.client(role, role: role)
          try Self.expectFields(try await client.get("/conversations"), limit: 2, remaining: 1)
          try Self.expectFields(try await client.get("/conversations"), limit: 2, remaining: 0)
          try Self.expectRefusal(try await client.get("/conversations"), limit: 2)
        }
        for _ in 0..<4 { Self.expectNoFields(try await api.client("service").get("/conversations")) }
        for _ in 0..<4 {
          let answer = try await api.anonymous.get("/conversations")
          expectProblem(answer, 401)
          Self.expectNoFields(answer)
        }
      }
    }

    @Test("Failed authentications count against the client's address; a good token is never refused for them")
    func authentication() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "RATE_LIMIT_REQUESTS": "3", "TRUSTED_PROXIES": "127.0.0.1/32",
        ])
        let forged = Client(base: api.program.base, token: Token.valid(for: "anna", secret: "wrong"))
        func attempt(_ address: String) async throws -> Answer {
          try await forged.get("/conversations", ["X-Forwarded-For": address])
        }
        for remaining in [2, 1, 0] {
          let answer = try await attempt("203.0.113.7")
          expectProblem(answer, 401)
          #expect(answer.field("WWW-Authenticate") == "Bearer")
          try Self.expectFields(answer, limit: 3, remaining: remaining)
        }
        try Self.expectRefusal(try await attempt("203.0.113.7"), limit: 3)
        expectProblem(try await attempt("203.0.113.8"), 401)
        let good = try await api.client("anna").get("/conversations", ["X-Forwarded-For": "203.0.113.7"])
        #expect(good.status == 200)
        try Self.expectFields(good, limit: 3, remaining: 2)
        for host in ["1", "2", "ffff:1"] { expectProblem(try await attempt("2001:db8:1:2::\(host)"), 401) }
        try Self.expectRefusal(try await attempt("2001:db8:1:2:3::4"), limit: 3)
        expectProblem(try await attempt("2001:db8:1:3::1"), 401)
      }
    }

    @Test(
      "Failed webhook authentications are limited to 60 a minute by address; a good one is never refused for them"
    )
    func webhooks() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "0", "TRUSTED_PROXIES": "127.0.0.1/32"])
        let event = try JSON.bytes(["conversation_id": "c", "event_type": "system.replica_joined"])
        func attempt(_ token: String, from address: String) async throws -> Answer {
          try await api.anonymous.send(
            "POST", "/webhooks/tavus?token=\(token)",
            ["Content-Type": "application/json", "X-Forwarded-For": address], body: event)
        }
        for _ in 0..<60 {
          let answer = try await attempt("wrong-webhook-token", from: "203.0.113.7")
          expectProblem(answer, 401)
          Self.expectNoFields(answer)
        }
        try Self.expectRefusal(try await attempt("wrong-webhook-token", from: "203.0.113.7"), limit: 60)
        expectProblem(try await attempt("wrong-webhook-token", from: "203.0.113.8"), 401)
        let good = try await attempt(system.webhookToken, from: "203.0.113.7")
        #expect(good.status == 202)
        Self.expectNoFields(good)
      }
    }

    @Test("What is done is counted by limit and outcome")
    func metrics() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "2"])
        for _ in 0..<5 { _ = try await api.client("anna").get("/conversations") }
        _ = try await api.anonymous.get("/conversations")
        let scrape = try await Scrape.of(api.program)
        func count(_ limit: String, _ outcome: String) -> Double? {
          scrape["freshet_rate_limit_requests_total{limit=\"\(limit)\",outcome=\"\(outcome)\"}"]
        }
        #expect(count("user", "allowed") == 2)
        #expect(count("user", "refused") == 3)
        #expect(count("authentication", "allowed") == 1)
        #expect(count("webhook", "refused") == 0)
        #expect(scrape["freshet_rate_limit_fallbacks_total{limit=\"user\"}"] == 0)
      }
    }
  }
}

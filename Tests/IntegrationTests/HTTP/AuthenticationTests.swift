import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Who may ask")
  struct AuthenticationTests {
    /// Makes a token for the time it is given: arguments stand long before their case runs.
    typealias Minting = @Sendable (_ now: Int) -> String

    private static var now: Int { Int(Date().timeIntervalSince1970) }

    @Test(
      "Every route for users wants a token, and asks for it before it looks at anything else",
      arguments: [
        ("POST", "/conversations"), ("GET", "/conversations?limit=zero"), ("GET", "/conversations/x"),
        ("PATCH", "/conversations/x"), ("DELETE", "/conversations/x"),
        ("GET", "/conversations/x/messages?page=0"),
        ("GET", "/users/x/messages"), ("HEAD", "/conversations"),
      ])
    func noToken(_ method: String, _ path: String) async throws {
      let api = try await SharedSystem.api()
      let body = method == "POST" || method == "PATCH" ? Data("{".utf8) : nil
      let answer = try await api.anonymous.send(method, path, body: body)
      #expect(answer.status == 401)
      #expect(answer.field("WWW-Authenticate") == "Bearer")
      if method != "HEAD" { expectProblem(answer, 401) }
    }

    @Test(
      "A token that is not ours, out of its time, or without a proper subject is a 401",
      arguments: [
        { _ in "garbage" }, { _ in "a.b.c" }, { _ in unsigned() }, { _ in "\(good).x" },
        { Token.signed(["sub": "u", "exp": $0 + 60], secret: "another-secret-of-thirty-two-bytes-or-more") },
        { token(["sub": "u", "exp": $0 - 90]) }, { _ in token(["sub": "u"]) },
        { _ in token(["sub": "u", "exp": "tomorrow"]) },
        { token(["sub": "u", "exp": $0 + 600, "nbf": $0 + 120]) }, { token(["exp": $0 + 60]) },
        { token(["sub": "", "exp": $0 + 60]) }, { token(["sub": "white space", "exp": $0 + 60]) },
        { token(["sub": String(repeating: "u", count: 129), "exp": $0 + 60]) },
        { token(["sub": 7, "exp": $0 + 60]) },
        { Token.signed(["sub": "u", "exp": $0 + 60], secret: secret, algorithm: "HS512") },
        { Token.signed(["sub": "u", "exp": $0 + 60], secret: secret, algorithm: "none") },
      ] as [Minting])
    func refused(_ mint: Minting) async throws {
      let api = try await SharedSystem.api()
      let token = mint(Self.now)
      let answer = try await Client(base: api.program.base, token: token).get("/conversations")
      expectProblem(answer, 401)
      #expect(answer.field("WWW-Authenticate") == "Bearer")
    }

    @Test("Another scheme than Bearer is a 401; the scheme's case does not matter")
    func scheme() async throws {
      let api = try await SharedSystem.api()
      let basic = try await api.anonymous.get("/conversations", ["Authorization": "Basic dTpw"])
      expectProblem(basic, 401)
      let lower = try await api.anonymous.get("/conversations", ["Authorization": "bearer \(Self.good)"])
      #expect(lower.status == 200)
    }

    @Test(
      "Within the leeway of a minute a token still and already counts; odd but legal subjects are users",
      arguments: [
        { token(["sub": "u", "exp": $0 - 30]) }, { token(["sub": "u", "exp": $0 + 600, "nbf": $0 + 30]) },
        { token(["sub": "auth0|66f1@example.com:a_b-c.d+e=", "exp": $0 + 60]) },
        { token(["sub": String(repeating: "u", count: 128), "exp": Double($0) + 60.5]) },
      ] as [Minting])
    func accepted(_ mint: Minting) async throws {
      let api = try await SharedSystem.api()
      let token = mint(Self.now)
      #expect(try await Client(base: api.program.base, token: token).get("/conversations").status == 200)
    }

    @Test(
      "A role that is not exactly service or admin is that of a user",
      arguments: [
        "Service", "ADMIN", "root", "", "user", "service ",
      ])
    func unknownRole(_ role: String) async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user(), role: role)
      expectProblem(try await client.post("/conversations", ["userId": "x"]), 403, code: "forbidden_field")
      #expect(try await client.get("/conversations").decoded(Page<ConversationBody>.self).total == 0)
    }

    @Test("Issuer, audience and role claim count when they are set")
    func claims() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "JWT_ISSUER": "https://id.example", "JWT_AUDIENCE": "freshet",
          "JWT_ROLE_CLAIM": "https://freshet/role",
        ])
        func status(_ claims: [String: Any]) async throws -> Int {
          let all = claims.merging(["sub": "u", "exp": Self.now + 60]) { given, _ in given }
          let token = Token.signed(all, secret: system.jwtSecret)
          return try await Client(base: api.program.base, token: token).get("/conversations?userId=u").status
        }
        let full: [String: Any] = [
          "iss": "https://id.example", "aud": ["other", "freshet"], "https://freshet/role": "admin",
        ]
        #expect(try await status(full) == 200)
        #expect(try await status(full.merging(["aud": "freshet"]) { $1 }) == 200)
        #expect(try await status(full.merging(["iss": "https://evil.example"]) { $1 }) == 401)
        #expect(try await status(full.merging(["aud": "other"]) { $1 }) == 401)
        #expect(try await status(["iss": "https://id.example", "https://freshet/role": "admin"]) == 401)
        // Without the role the parameter userId is unknown.
        #expect(try await status(["iss": "https://id.example", "aud": "freshet", "role": "admin"]) == 400)
      }
    }

    private static let secret = "integration-tests-sign-with-this-secret"
    private static var good: String { Token.valid(for: "u", secret: secret) }

    private static func token(_ claims: [String: Any]) -> String { Token.signed(claims, secret: secret) }

    private static func unsigned() -> String {
      good.split(separator: ".").dropLast().joined(separator: ".") + "."
    }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Tokens of an identity provider")
  struct KeySetTests {
    private static func claims(_ user: String = "u") -> [String: Any] {
      ["sub": user, "exp": Int(Date().timeIntervalSince1970) + 600]
    }

    private static func status(_ api: API, _ token: String) async throws -> Int {
      try await Client(base: api.program.base, token: token).get("/conversations").status
    }

    @Test(
      "With the provider down the API starts and says 503; it learns keys when they appear, forgets those withdrawn, and keeps them while the provider is down again"
    )
    func url() async throws {
      try await LocalSystem.run { system in
        let provider = try await HTTPStub.start(.body("", status: "500 Oops"))
        let api = try await system.startAPI([
          "JWT_SECRET": "", "JWT_JWKS_URL": "\(provider.base)/jwks.json?key=provider-secret",
          "LOG_LEVEL": "trace",
        ])
        let (old, new) = (try await SigningKey.make(.p256), try await SigningKey.make(.ed25519))
        let tokens = [
          try await old.token(Self.claims(), id: "old"), try await new.token(Self.claims(), id: "new"),
        ]
        let early = try await Client(base: api.program.base, token: tokens[0]).get("/conversations")
        expectProblem(early, 503, code: "keys_unavailable")
        #expect(early.field("Retry-After") != nil)
        expectProblem(try await api.anonymous.get("/conversations"), 401)
        provider.answer(.body(try SigningKey.set([old.jwk("old")])))
        #expect(try await eventually(within: .seconds(15)) { try await Self.status(api, tokens[0]) == 200 })
        #expect(try await Self.status(api, tokens[1]) == 401)
        provider.answer(.body(try SigningKey.set([new.jwk("new")])))
        #expect(try await eventually(within: .seconds(20)) { try await Self.status(api, tokens[1]) == 200 })
        #expect(try await Self.status(api, tokens[0]) == 401)
        provider.answer(.silence)
        #expect(try await Self.status(api, tokens[1]) == 200)
        let another = try await new.token(Self.claims("v"), id: "new")
        #expect(try await Self.status(api, another) == 200)
        let scrape = try await Scrape.of(api.program)
        #expect(try #require(scrape["freshet_api_key_set_fetches_total{outcome=\"ok\"}"]) >= 2)
        #expect(try #require(scrape["freshet_api_key_set_fetches_total{outcome=\"failed\"}"]) >= 1)
        #expect(scrape["freshet_api_key_set_age_seconds"] != nil)
        #expect(!api.program.process.lines.contains { $0.contains("provider-secret") })
        try await provider.stop()
      }
    }

    @Test(
      "Keys of all three kinds come from a file, beside the secret, with their roles; each does only for its own"
    )
    func file() async throws {
      try await LocalSystem.run { system in
        var keys: [SigningKey] = []
        for kind in SigningKey.Kind.allCases { keys.append(try await SigningKey.make(kind)) }
        let path = "\(try TemporaryFolder.create("keys"))/jwks.json"
        var members = keys.map { $0.jwk($0.kind.rawValue) }
        members.insert(["kty": "oct", "k": "c2VjcmV0", "kid": "strange"], at: 0)
        try SigningKey.set(members).write(toFile: path, atomically: true, encoding: .utf8)
        let api = try await system.startAPI(["JWT_JWKS_FILE": path])
        for key in keys {
          let user = Name.user()
          let token = try await key.token(Self.claims(user), id: key.kind.rawValue)
          let created = try await Client(base: api.program.base, token: token).post("/conversations", [:])
          #expect(try created.decoded(ConversationBody.self).userId == user)
          let admin = try await key.token(
            Self.claims().merging(["role": "admin"]) { $1 }, id: key.kind.rawValue)
          #expect(
            try await Client(base: api.program.base, token: admin).get("/conversations?userId=\(user)").status
              == 200)
          for other in keys where other.kind != key.kind {
            let claims = Self.claims()
            #expect(try await Self.status(api, try await key.token(claims, id: other.kind.rawValue)) == 401)
            let header = ["alg": other.kind.rawValue, "kid": key.kind.rawValue]
            #expect(try await Self.status(api, try await key.token(claims, header: header)) == 401)
          }
          // Who knows the public key cannot sign by it.
          for secret in [try await key.publicPEM(), try SigningKey.set([key.jwk("k")])] {
            let forged = Token.signed(Self.claims(), secret: secret)
            #expect(try await Self.status(api, forged) == 401)
          }
        }
        #expect(try await Self.status(api, Token.valid(for: "u", secret: system.jwtSecret)) == 200)
      }
    }

    @Test(
      "A file without a usable key ends the API at once: 78",
      arguments: ["", "{}", #"{"keys":[{"kty":"oct"}]}"#])
    func badFile(_ text: String) async throws {
      let folder = try TemporaryFolder.create("keys")
      try text.write(toFile: "\(folder)/jwks.json", atomically: true, encoding: .utf8)
      for file in ["jwks.json", "nowhere.json"] {
        let end = try await run(
          .api, [],
          [
            "JWT_JWKS_FILE": "\(folder)/\(file)", "DATABASE_URL": "postgresql://127.0.0.1:1/x",
            "WEBHOOK_AUTH": "none",
          ])
        #expect(end.code == 78, "\(end)")
        #expect(end.text.contains("JWT_JWKS_FILE:"))
      }
    }
  }
}

import Conversations
import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import APIService

/// An identity provider without a network, and a clock that is moved by hand.
private final class Provider: Sendable {
  struct State: Sendable {
    var json: String?
    var fetches = 0
    var now = ContinuousClock.now
  }

  private let state = NIOLockedValueBox(State())

  var fetches: Int { state.withLockedValue { $0.fetches } }

  /// What it answers; nil: it is down.
  func publish(_ keys: [[String: String]]?) throws {
    let json = try keys.map { try SigningKey.set($0) }
    state.withLockedValue { $0.json = json }
  }

  func wait(_ duration: Duration) {
    state.withLockedValue { $0.now += duration }
  }

  var keys: PublicKeys {
    PublicKeys(
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      now: { self.state.withLockedValue { $0.now } }
    ) { () throws(KeySetError) in
      let json = self.state.withLockedValue { state in
        state.fetches += 1
        return state.json
      }
      await Task.yield()
      guard let json else { throw KeySetError("down") }
      return try await PublicKeySet(json: Data(json.utf8))
    }
  }

  func verifier(_ keys: PublicKeys, secret: String? = nil) async throws -> TokenVerifier {
    var settings = IdentitySettings()
    settings.secret = secret
    return try await TokenVerifier(settings: settings, publicKeys: keys)
  }
}

@Suite struct PublicKeysTests {
  private let provider = Provider()

  private static func claims(_ user: String = "u") -> [String: Any] {
    ["sub": user, "exp": Int(Date().timeIntervalSince1970) + 600]
  }

  private func status(_ verifier: TokenVerifier, _ token: String) async -> Int {
    do {
      _ = try await verifier.verify(token)
      return 200
    } catch { return error.status.code }
  }

  @Test(
    "Tokens of all three algorithms are accepted, the first one fetches the keys",
    arguments: SigningKey.Kind.allCases)
  func accepted(kind: SigningKey.Kind) async throws {
    let key = try await TestKeys.key(kind)
    try provider.publish([key.jwk("k")])
    let verifier = try await provider.verifier(provider.keys)
    let token = try await key.token(Self.claims("auth0|x"), id: "k")
    #expect(try await verifier.verify(token).userID.text == "auth0|x")
    #expect(try await verifier.verify(token).userID.text == "auth0|x")
    #expect(provider.fetches == 1)
  }

  @Test("A key that is new is fetched when its first token comes, at once for all who ask")
  func rotation() async throws {
    let (old, new) = (try await TestKeys.key(.p256), try await TestKeys.otherKey(.p256))
    try provider.publish([old.jwk("old")])
    let keys = provider.keys
    let verifier = try await provider.verifier(keys)
    await keys.refresh()
    try provider.publish([new.jwk("new")])
    provider.wait(KeySetSchedule.coolDown)
    let tokens = try await [old.token(Self.claims(), id: "old"), new.token(Self.claims(), id: "new")]
    #expect(await status(verifier, tokens[0]) == 200)
    #expect(provider.fetches == 1)
    let statuses = await withTaskGroup { group in
      for _ in 0..<20 { group.addTask { await self.status(verifier, tokens[1]) } }
      return await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(statuses == [200])
    #expect(provider.fetches == 2)
    // Withdrawn, so what was accepted by it no longer is.
    #expect(await status(verifier, tokens[0]) == 401)
  }

  @Test("Unknown keys make for one fetch per cool-down, however many come")
  func coolDown() async throws {
    let key = try await TestKeys.key(.ed25519)
    try provider.publish([key.jwk("k")])
    let keys = provider.keys
    let verifier = try await provider.verifier(keys)
    await keys.refresh()
    for round in 1...3 {
      for id in 0..<5 {
        let token = try await key.token(Self.claims(), id: "\(round)-\(id)")
        #expect(await status(verifier, token) == 401)
      }
      #expect(provider.fetches == round)
      provider.wait(KeySetSchedule.coolDown)
    }
  }

  @Test("While the source is down the last good set stays; before the first one nothing can be said: 503")
  func outage() async throws {
    let key = try await TestKeys.key(.p256)
    let token = try await key.token(Self.claims(), id: "k")
    let keys = provider.keys
    let verifier = try await provider.verifier(keys)
    #expect(await status(verifier, token) == 503)
    #expect(keys.age == nil)
    try provider.publish([key.jwk("k")])
    #expect(await status(verifier, token) == 503)
    #expect(provider.fetches == 1)
    provider.wait(KeySetSchedule.coolDown)
    #expect(await status(verifier, token) == 200)
    for answer in [nil, [["kty": "oct", "kid": "k"]]] as [[[String: String]]?] {
      try provider.publish(answer)
      await keys.refresh()
      #expect(await status(verifier, try await key.token(Self.claims("other"), id: "k")) == 200)
      #expect(await status(verifier, try await key.token(Self.claims(), id: "unknown")) == 401)
    }
    provider.wait(.seconds(5))
    #expect(try #require(keys.age) >= .seconds(5))
    // No key at all is an answer: the provider has withdrawn them.
    try provider.publish([])
    await keys.refresh()
    #expect(await status(verifier, token) == 401)
  }

  @Test("A set to begin with stands for the first fetch")
  func begun() async throws {
    let key = try await TestKeys.key(.p256)
    let keys = provider.keys
    await keys.begin(with: try await PublicKeySet(json: Data(try SigningKey.set([key.jwk("k")]).utf8)))
    let verifier = try await provider.verifier(keys)
    await withTaskGroup { group in
      group.addTask { await keys.run() }
      for _ in 0..<100 { await Task.yield() }
      group.cancelAll()
    }
    #expect(await status(verifier, try await key.token(Self.claims(), id: "k")) == 200)
    #expect(await status(verifier, try await key.token(Self.claims(), id: "unknown")) == 401)
    #expect(keys.age != nil)
    #expect(provider.fetches == 0)
  }

  @Test("A refresh that brings the same keys forgets nothing")
  func sameKeys() async throws {
    let key = try await TestKeys.key(.p256)
    try provider.publish([key.jwk("k")])
    let keys = provider.keys
    await keys.refresh()
    let version = keys.version
    await keys.refresh()
    #expect(keys.version == version)
    try provider.publish([key.jwk("k"), key.jwk("l")])
    await keys.refresh()
    #expect(keys.version == version + 1)
  }

  @Test("No key does for another: not by default, not for another algorithm, not as the secret")
  func confusion() async throws {
    let (rsa, p256) = (try await TestKeys.key(.rsa), try await TestKeys.key(.p256))
    try provider.publish([rsa.jwk("rsa"), p256.jwk("p256")])
    let publicKey = try await rsa.publicPEM()
    // Even where the public key is the secret, an RS256 token is not verified by it, nor an HS256 token by the set.
    let verifier = try await provider.verifier(provider.keys, secret: publicKey)
    let withoutSecret = try await provider.verifier(provider.keys)
    let claims = Self.claims()
    #expect(await status(verifier, try await rsa.token(claims, id: "rsa")) == 200)
    let refused = try await [
      rsa.token(claims, header: ["alg": "RS256"]), rsa.token(claims, id: "p256"),
      rsa.token(claims, id: "unknown"),
      rsa.token(claims, header: ["alg": "ES256", "kid": "rsa"]),
      p256.token(claims, header: ["alg": "RS256", "kid": "p256"]),
      rsa.token(claims, header: ["alg": "RS384", "kid": "rsa"]),
      rsa.token(claims, header: ["alg": "none", "kid": "rsa"]),
      rsa.token(claims, header: ["alg": "HS256", "kid": "rsa"]),
      rsa.token(claims, header: ["alg": "RS256", "kid": "rsa", "crit": ["exp"]]),
      rsa.token(claims, header: ["alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": false]),
      rsa.token(claims, header: ["alg": "RS256", "kid": ["rsa"]]),
      // The token brings its own key.
      TestKeys.otherKey(.rsa).token(
        claims, header: ["alg": "RS256", "kid": "rsa", "jwk": TestKeys.otherKey(.rsa).jwk("rsa")]),
    ]
    for token in refused {
      #expect(await status(verifier, token) == 401, "\(token)")
      #expect(await status(withoutSecret, token) == 401, "\(token)")
    }
    var settings = IdentitySettings()
    settings.secret = publicKey
    let forged = try await TokenMint(settings: settings, secret: publicKey)
      .token(user: .init(stored: "u"), role: .admin, expires: Date().addingTimeInterval(600))
    #expect(await status(withoutSecret, forged) == 401)
  }

  @Test("After a success keys are fetched every ten minutes, after failures soon and then ever more rarely")
  func schedule() {
    let now = ContinuousClock.now
    var schedule = KeySetSchedule()
    #expect(schedule.mayAskAgain(at: now))
    #expect(schedule.pause == .zero)
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
      schedule.fetched(false, at: now)
      #expect(schedule.pause == .seconds(seconds))
    }
    schedule.fetched(true, at: now)
    #expect(schedule.pause == .seconds(600))
    #expect(!schedule.mayAskAgain(at: now + .milliseconds(9999)))
    #expect(schedule.mayAskAgain(at: now + .seconds(10)))
  }
}

import Foundation
import JWTKit
import TestSupport
import Testing

@testable import APIService

/// Keys that take long to make, made once.
enum TestKeys {
  // Bare tasks: whoever asks first starts them, everyone awaits the same value.
  private static let keys = Task { try await make() }
  private static let others = Task { try await make() }

  static func key(_ kind: SigningKey.Kind) async throws -> SigningKey {
    try #require(try await keys.value[kind])
  }

  /// Another one of the same kind.
  static func otherKey(_ kind: SigningKey.Kind) async throws -> SigningKey {
    try #require(try await others.value[kind])
  }

  private static func make() async throws -> [SigningKey.Kind: SigningKey] {
    var made: [SigningKey.Kind: SigningKey] = [:]
    for kind in SigningKey.Kind.allCases { made[kind] = try await .make(kind) }
    return made
  }
}

@Suite struct PublicKeySetTests {
  @Test(
    "A key of each kind verifies what openssl signed with it, and nothing else",
    arguments: SigningKey.Kind.allCases)
  func opensslSignatures(kind: SigningKey.Kind) async throws {
    let (key, other) = (try await TestKeys.key(kind), try await TestKeys.otherKey(kind))
    let set = try await Self.set([key.jwk("k"), other.jwk("other")])
    let keys = try #require(set["k"])
    let token = try await key.token(["sub": "u"], id: "k")
    #expect(Self.verifies(keys, token))
    #expect(!Self.verifies(keys, try await other.token(["sub": "u"], id: "k")))
    #expect(!Self.verifies(try #require(set["other"]), token))
    let parts = token.split(separator: ".")
    let forged = SigningKey.base64(Data(#"{"sub":"v"}"#.utf8))
    #expect(!Self.verifies(keys, "\(parts[0]).\(forged).\(parts[2])"))
    #expect(!Self.verifies(keys, "\(parts[0]).\(parts[1])."))
    #expect(!Self.verifies(keys, "\(parts[0]).\(parts[1]).AAAA"))
  }

  @Test("The same goes for what the token library signed", arguments: SigningKey.Kind.allCases)
  func librarySignatures(kind: SigningKey.Kind) async throws {
    let key = try await TestKeys.key(kind)
    let pem = try String(contentsOfFile: key.path, encoding: .utf8)
    let library = JWTKeyCollection()
    switch kind {
    case .rsa:
      await library.add(rsa: try Insecure.RSA.PrivateKey(pem: pem), digestAlgorithm: .sha256, kid: "k")
    case .p256: await library.add(ecdsa: try ES256PrivateKey(pem: pem), kid: "k")
    case .ed25519: await library.add(eddsa: try EdDSA.PrivateKey(pem: pem), kid: "k")
    }
    let token = try await library.sign(Payload(sub: "u"), kid: "k")
    #expect(Self.verifies(try #require(try await Self.set([key.jwk("k")])["k"]), token))
  }

  @Test(
    "A key has the algorithm of its kind, whether the set names it or not",
    arguments: SigningKey.Kind.allCases)
  func algorithm(kind: SigningKey.Kind) async throws {
    let key = try await TestKeys.key(kind)
    for jwk in [key.jwk("k"), key.jwk("k", ["alg": kind.rawValue])] {
      #expect(try await Self.set([jwk])["k"]?.map(\.algorithm) == [kind.rawValue])
    }
    let named = try await key.token(["sub": "u"], header: ["alg": "PS256", "kid": "k"])
    #expect(!Self.verifies(try #require(try await Self.set([key.jwk("k")])["k"]), named))
  }

  @Test(
    "What is not for verifying signatures, or of no kind of ours, is skipped, and the rest is used",
    arguments: [
      ["use": "enc"], ["alg": "RS512"], ["alg": "PS256"], ["alg": "HS256"], ["alg": "RSA-OAEP"],
      ["n": "AQAB"],
      ["n": "!"], ["e": ""], ["kty": "oct", "k": "c2VjcmV0"],
      ["kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"],
      ["kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"],
      ["kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"],
      ["kty": "OKP", "crv": "X25519", "x": "AA"], ["kty": "OKP", "crv": "Ed25519"], ["kty": "AKP"],
      ["kty": ""],
    ])
  func skipped(changes: [String: String]) async throws {
    let rsa = try await TestKeys.key(.rsa)
    let good = try await TestKeys.key(.p256).jwk("good")
    let set = try await Self.set([rsa.jwk("strange", changes), good])
    #expect(set["strange"] == nil)
    #expect(set["good"] != nil)
    #expect((set.usable, set.skipped) == (1, 1))
  }

  @Test("So is a member that is no key at all, one without an id, a short RSA key and a repeated one")
  func strange() async throws {
    let rsa = try await TestKeys.key(.rsa)
    let jwk = String(decoding: try JSONSerialization.data(withJSONObject: rsa.jwk("k")), as: UTF8.self)
    var nameless = rsa.jwk("k")
    nameless["kid"] = nil
    let noID = String(decoding: try JSONSerialization.data(withJSONObject: nameless), as: UTF8.self)
    let short = try await SigningKey.make(.rsa, bits: 1024).jwk("short")
    let shortKey = String(decoding: try JSONSerialization.data(withJSONObject: short), as: UTF8.self)
    let operations = jwk.replacing(#""k""#, with: #""w""#).dropLast() + #","key_ops":["encrypt"]}"#
    let members = ["null", "7", #""key""#, "[]", "{}", noID, shortKey, String(operations), jwk, jwk]
    let set = try await PublicKeySet(
      json: Data(#"{"more":1,"keys":[\#(members.joined(separator: ","))]}"#.utf8))
    #expect((set.usable, set.skipped) == (1, members.count - 1))
    #expect(set["k"] != nil && set["short"] == nil && set["w"] == nil)
    // There is no default.
    #expect(set[""] == nil)
  }

  @Test("Keys of different kinds may share an id")
  func sharedID() async throws {
    let jwks = [try await TestKeys.key(.rsa).jwk("k"), try await TestKeys.key(.ed25519).jwk("k")]
    #expect(try await Self.set(jwks)["k"]?.map(\.algorithm) == ["RS256", "EdDSA"])
  }

  @Test("An empty set withdraws every key")
  func empty() async throws {
    let set = try await PublicKeySet(json: Data(#"{"keys":[]}"#.utf8))
    #expect(set.usable == 0 && set["k"] == nil)
  }

  @Test(
    "What is no key set, or has no key that could be used, is an error",
    arguments: [
      "", "null", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[{}]}"#, "<html>", "\u{FEFF}",
    ])
  func useless(text: String) async {
    await #expect(throws: KeySetError.self) { try await PublicKeySet(json: Data(text.utf8)) }
  }

  @Test("Sets are compared by their keys, not by their order")
  func comparison() async throws {
    let (rsa, p256) = (try await TestKeys.key(.rsa), try await TestKeys.key(.p256))
    let set = try await Self.set([rsa.jwk("a"), p256.jwk("b")])
    #expect(set.holdsSame(as: try await Self.set([p256.jwk("b"), rsa.jwk("a")])))
    #expect(!set.holdsSame(as: try await Self.set([rsa.jwk("a")])))
    #expect(
      !set.holdsSame(as: try await Self.set([rsa.jwk("a"), try await TestKeys.otherKey(.p256).jwk("b")])))
  }

  private struct Payload: JWTPayload {
    let sub: String
    func verify(using algorithm: some JWTAlgorithm) async throws {}
  }

  private static func set(_ keys: [[String: String]]) async throws -> PublicKeySet {
    try await PublicKeySet(json: Data(try SigningKey.set(keys).utf8))
  }

  private static func verifies(_ keys: [TokenKey], _ token: String) -> Bool {
    SignedToken(token).map { signed in keys.contains { $0.verifies(signed) } } == true
  }
}

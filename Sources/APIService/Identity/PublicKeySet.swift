import Foundation
import JWTKit

/// The keys of an identity provider, from its JWK Set (RFC 7517), by their ids.
struct PublicKeySet: Sendable {
  private let keys: [String: [TokenKey]]
  private let materials: Set<KeyMaterial>
  /// How many keys of the set can verify our tokens, and how many cannot.
  let usable: Int
  let skipped: Int

  /// Takes a set apart key by key: one that is strange, for another purpose or of another kind does not take the rest
  /// with it. Throws when it is no key set, or none of its keys is of use.
  init(json: Data) async throws(KeySetError) {
    let set: Document
    do { set = try JSONDecoder().decode(Document.self, from: json) } catch {
      throw KeySetError("it is no JSON Web Key Set")
    }
    let materials = set.keys.compactMap(\.material)
    var keys: [String: [TokenKey]] = [:]
    var usable = 0
    for material in materials {
      // What is wrong with a key matters to its owner, who sees how many were skipped.
      guard let jwk = material.jwk, let key = try? await TokenKey(jwk) else { continue }
      // Two keys may share an id when they are of different kinds (RFC 7517, 4.5).
      guard keys[material.kid]?.contains(where: { $0.algorithm == key.algorithm }) != true else { continue }
      keys[material.kid, default: []].append(key)
      usable += 1
    }
    // An empty set withdraws all keys; one of nothing but strange keys is a mistake.
    guard usable > 0 || set.keys.isEmpty else {
      throw KeySetError("none of its \(set.keys.count) keys is RSA, P-256 or Ed25519 for signing")
    }
    self.keys = keys
    self.materials = Set(materials)
    self.usable = usable
    skipped = set.keys.count - usable
  }

  /// The keys with this id; nil when there are none. There is no default: a token that names no key has none.
  subscript(id: String) -> [TokenKey]? { keys[id] }

  /// Whether both hold the same keys, in whatever order.
  func holdsSame(as other: PublicKeySet) -> Bool { materials == other.materials }

  private struct Document: Decodable {
    let keys: [Element]
  }

  /// A member of the set that may be anything at all.
  private struct Element: Decodable {
    let material: KeyMaterial?

    init(from decoder: any Decoder) {
      material = try? KeyMaterial(from: decoder)
    }
  }
}

/// What a key set tells of a key, as far as we use it. Private parts are not read.
private struct KeyMaterial: Decodable, Hashable {
  let kty: String
  let kid: String
  let use: String?
  let operations: [String]?
  let alg: String?
  let crv: String?
  let n: String?
  let e: String?
  let x: String?
  let y: String?

  /// RFC 7517 and RFC 7518, 6.
  enum CodingKeys: String, CodingKey {
    case kty, kid, use, alg, crv, n, e, x, y
    case operations = "key_ops"
  }

  /// Nil unless it is a key for verifying signatures of a kind that we take. The algorithm follows from the kind of
  /// key, whether or not the set names it.
  var jwk: JWK? {
    guard use == nil || use == "sig", operations?.contains("verify") != false else { return nil }
    let id = JWKIdentifier(string: kid)
    switch (kty, crv, alg) {
    case ("RSA", _, nil), ("RSA", _, "RS256"): return .rsa(.rs256, identifier: id, modulus: n, exponent: e)
    case ("EC", "P-256", nil), ("EC", "P-256", "ES256"):
      return .ecdsa(.es256, identifier: id, x: x, y: y, curve: .p256)
    case ("OKP", "Ed25519", nil), ("OKP", "Ed25519", "EdDSA"):
      return .octetKeyPair(.eddsa, identifier: id, x: x, y: nil, curve: .ed25519)
    default: return nil
    }
  }
}

/// Why a key set cannot be had. Never holds more of its URL than the host.
struct KeySetError: Error, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

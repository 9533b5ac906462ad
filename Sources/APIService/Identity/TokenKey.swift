import Foundation
import JWTKit

/// One key, for one algorithm: a token's header never chooses what its key is used for.
struct TokenKey: Sendable {
  /// The `alg` of tokens that it verifies: `HS256`, `RS256`, `ES256` or `EdDSA`.
  let algorithm: String
  private let implementation: any JWTAlgorithm

  /// The shared secret of HS256.
  init(secret: String) async throws {
    let keys = await JWTKeyCollection()
      .add(hmac: HMACKey(from: Array(secret.utf8)), digestAlgorithm: .sha256)
    implementation = try await keys.getKey()
    algorithm = implementation.name
  }

  /// A public key. Throws when its numbers are none.
  init(_ key: JWK) async throws {
    // A collection of its own: one with several would answer for a key that it does not have with another.
    implementation = try await JWTKeyCollection().add(jwk: key, isDefault: true).getKey()
    algorithm = implementation.name
  }

  /// Whether the token says that this algorithm signed it, and this key did.
  func verifies(_ token: SignedToken) -> Bool {
    guard token.algorithm == algorithm else { return false }
    // A signature of the wrong size is an error of some algorithms and wrong for others: wrong in any case.
    return (try? implementation.verify(token.signature, signs: token.signedText)) == true
  }

  func sign(_ text: Data) throws -> Data { Data(try implementation.sign(text)) }
}

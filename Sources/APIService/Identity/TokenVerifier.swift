import Conversations
import Crypto
import Foundation
import NIOConcurrencyHelpers

/// Verifies the JWTs of `AUTH_MODE=jwt`: HS256 by the secret, everything else by the identity provider's keys.
struct TokenVerifier: Sendable {
  private let settings: IdentitySettings
  private let secretKey: TokenKey?
  private let publicKeys: PublicKeys?
  private let accepted = NIOLockedValueBox(AcceptedTokens())

  /// - Parameters:
  ///   - settings: how claims are judged, and the secret, if there is one.
  ///   - publicKeys: nil without an identity provider.
  init(settings: IdentitySettings, publicKeys: PublicKeys? = nil) async throws {
    self.settings = settings
    self.publicKeys = publicKeys
    secretKey = if let secret = settings.secret { try await TokenKey(secret: secret) } else { nil }
  }

  /// The token's principal, or a problem that tells what is wrong with it: 401, or 503 before the identity provider's
  /// keys are known. A token that was accepted before costs one hash until it expires or the keys change.
  ///
  /// - Parameter now: The wall clock; claims are judged with a leeway of 60 s.
  func verify(_ token: String, now: Date = Date()) async throws(Problem) -> Principal {
    let digest = SHA256.hash(data: Data(token.utf8))
    // Read before the keys are: what a change overtakes is verified again.
    let version = keyVersion
    let known = accepted.withLockedValue { $0.entry(of: digest, keyVersion: version, now: now) }
    if let known { return known.principal }
    let (principal, expires) = try await check(token, now: now)
    accepted.withLockedValue { $0.remember(digest, principal, keyVersion: version, until: expires) }
    return principal
  }

  /// The principal of a token that was accepted before, until when it is good, and for which version of the public keys.
  /// Nil when it has to be verified.
  func accepted(_ token: UnsafeRawBufferPointer, now: Date) -> AcceptedTokens.Entry? {
    var hash = SHA256()
    hash.update(bufferPointer: token)
    let digest = hash.finalize()
    return accepted.withLockedValue { $0.entry(of: digest, keyVersion: keyVersion, now: now) }
  }

  /// Changes with the public keys: what was accepted under another one is verified again.
  var keyVersion: Int { publicKeys?.version ?? 0 }

  private func check(_ token: String, now: Date) async throws(Problem) -> (Principal, expires: Date) {
    guard let signed = SignedToken(token) else {
      throw .unauthorized("the token is no JWT that can be accepted")
    }
    let keys = try await keys(for: signed)
    guard keys.contains(where: { $0.algorithm == signed.algorithm }) else {
      throw .unauthorized("the token's alg is not that of its key")
    }
    guard keys.contains(where: { $0.verifies(signed) }) else {
      throw .unauthorized("the token's signature is not valid")
    }
    // Others may take the last one where we take the first (RFC 7519, 4).
    guard JSONMemberNames.areUnique(in: signed.payload) else {
      throw .unauthorized("the token's claims are no JSON object in which each is there once")
    }
    let claims: TokenClaims
    do { claims = try JSONDecoder().decode(TokenClaims.self, from: signed.payload) } catch {
      throw .unauthorized("the token's claims cannot be read")
    }
    let expires = try claims.check(settings, now: now)
    guard let userID = UserID(claims.subject) else {
      throw .unauthorized("the token's sub is missing or not a user id")
    }
    let role = PrincipalRole(claim: claims.role(named: settings.roleClaim))
    return (Principal(userID: userID, role: role), expires)
  }

  /// The secret is never a public key, nor the other way round: who knows the public key could sign with it.
  private func keys(for token: SignedToken) async throws(Problem) -> [TokenKey] {
    switch (token.algorithm, secretKey, publicKeys) {
    case ("HS256", let key?, _): return [key]
    case ("RS256", _, let keys?), ("ES256", _, let keys?), ("EdDSA", _, let keys?):
      guard let id = token.keyID else { throw .unauthorized("the token does not name its key (kid)") }
      return try await keys.keys(named: id)
    default: throw .unauthorized("the token's alg is not accepted")
    }
  }
}

import Conversations
import Crypto
import Foundation
import JWTKit
import NIOConcurrencyHelpers

/// Verifies and mints the JWTs of `AUTH_MODE=jwt` with the HS256 secret.
struct TokenVerifier: Sendable {
  private let keys: JWTKeyCollection
  private let settings: IdentitySettings
  private let accepted = NIOLockedValueBox(AcceptedTokens())

  init(settings: IdentitySettings, secret: String) async {
    self.settings = settings
    keys = JWTKeyCollection()
    await keys.add(hmac: HMACKey(from: Array(secret.utf8)), digestAlgorithm: .sha256)
  }

  /// The token's principal, or a 401 problem that tells what is wrong with it. A token that was accepted before
  /// costs one hash until it expires.
  ///
  /// - Parameter now: The wall clock; claims are judged with a leeway of 60 s.
  func verify(_ token: String, now: Date = Date()) async throws(Problem) -> Principal {
    let digest = SHA256.hash(data: Data(token.utf8))
    if let principal = accepted.withLockedValue({ $0.principal(of: digest, now: now) }) { return principal }
    let (principal, expires) = try await check(token, now: now)
    accepted.withLockedValue { $0.remember(digest, principal, until: expires) }
    return principal
  }

  private func check(_ token: String, now: Date) async throws(Problem) -> (Principal, expires: Date) {
    guard Self.isHS256(token) else { throw .unauthorized("the token is not an HS256 JWT") }
    let claims: TokenClaims
    do { claims = try await keys.verify(token, as: TokenClaims.self) } catch {
      throw .unauthorized("the token's signature or form is not valid")
    }
    let expires = try claims.check(settings, now: now)
    guard let userID = UserID(claims.subject) else {
      throw .unauthorized("the token's sub is missing or not a user id")
    }
    let role = PrincipalRole(claim: claims.role(named: settings.roleClaim))
    return (Principal(userID: userID, role: role), expires)
  }

  /// A token for local use and tests.
  func mint(user: UserID, role: PrincipalRole, expires: Date, issuedAt: Date = Date()) async throws -> String
  {
    let claims = TokenClaims(
      user: user, role: role, roleClaim: settings.roleClaim, expires: expires, issuedAt: issuedAt,
      issuer: settings.issuer, audience: settings.audience)
    return try await keys.sign(claims)
  }

  /// Reads the header ourselves: the library would verify by its key whatever `alg` says, and `crit` must be
  /// refused by whoever does not understand it (RFC 7515, 4.1.11).
  private static func isHS256(_ token: String) -> Bool {
    struct Header: Decodable {
      let alg: String
      let crit: [String]?
    }
    // Whatever is not such a header is refused alike, so the decoder's reason does not matter.
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, token.utf8.count <= 8192,
      let bytes = Data(base64URL: parts[0]),
      let header = try? JSONDecoder().decode(Header.self, from: bytes)
    else { return false }
    return header.alg == "HS256" && header.crit == nil
  }
}

extension Data {
  /// Decodes base64url without padding (RFC 7515, 2).
  fileprivate init?(base64URL text: Substring) {
    let standard = text.replacing("-", with: "+").replacing("_", with: "/")
    self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
  }
}

import Conversations
import Foundation

/// Makes tokens with the HS256 secret, for local use and tests.
struct TokenMint: Sendable {
  private let settings: IdentitySettings
  private let key: TokenKey

  init(settings: IdentitySettings, secret: String) async throws {
    self.settings = settings
    key = try await TokenKey(secret: secret)
  }

  func token(user: UserID, role: PrincipalRole, expires: Date, issuedAt: Date = Date()) throws -> String {
    let claims = TokenClaims(
      user: user, role: role, roleClaim: settings.roleClaim, expires: expires, issuedAt: issuedAt,
      issuer: settings.issuer, audience: settings.audience)
    let header = Base64URL.encode(Data(#"{"alg":"\#(key.algorithm)","typ":"JWT"}"#.utf8))
    let text = "\(header).\(Base64URL.encode(try JSONEncoder().encode(claims)))"
    return "\(text).\(Base64URL.encode(try key.sign(Data(text.utf8))))"
  }
}

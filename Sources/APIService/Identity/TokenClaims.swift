import Conversations
import Foundation

/// The claims we read. `aud` is a string or an array; times are seconds, whole or not.
struct TokenClaims: Codable {
  var subject: String
  var expires: Date?
  var notBefore: Date?
  var issuedAt: Date?
  var issuer: String?
  var audience: [String]?
  private var roles: [String: String] = [:]

  init(
    user: UserID, role: PrincipalRole, roleClaim: String, expires: Date, issuedAt: Date, issuer: String?,
    audience: String?
  ) {
    subject = user.description
    self.expires = expires
    self.issuedAt = issuedAt
    self.issuer = issuer
    self.audience = audience.map { [$0] }
    roles = [roleClaim: role.rawValue]
  }

  init(from decoder: any Decoder) throws {
    let claims = try decoder.container(keyedBy: Name.self)
    subject = try claims.decode(String.self, forKey: "sub")
    expires = try Self.date(claims, "exp")
    notBefore = try Self.date(claims, "nbf")
    issuedAt = try Self.date(claims, "iat")
    issuer = try claims.decodeIfPresent(String.self, forKey: "iss")
    // A string or an array (RFC 7519, 4.1.3): the first form that fits.
    if let one = try? claims.decode(String.self, forKey: "aud") {
      audience = [one]
    } else {
      audience = try claims.decodeIfPresent([String].self, forKey: "aud")
    }
    // A claim that is no text cannot be a role.
    for key in claims.allKeys {
      if let text = try? claims.decode(String.self, forKey: key) { roles[key.stringValue] = text }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var claims = encoder.container(keyedBy: Name.self)
    try claims.encode(subject, forKey: "sub")
    try claims.encodeIfPresent(expires.map { Int($0.timeIntervalSince1970) }, forKey: "exp")
    try claims.encodeIfPresent(issuedAt.map { Int($0.timeIntervalSince1970) }, forKey: "iat")
    try claims.encodeIfPresent(issuer, forKey: "iss")
    try claims.encodeIfPresent(audience?.first, forKey: "aud")
    for (name, value) in roles { try claims.encode(value, forKey: Name(stringValue: name)) }
  }

  func role(named claim: String) -> String? { roles[claim] }

  /// - Returns: Until when the token is good, the leeway included.
  func check(_ settings: IdentitySettings, now: Date) throws(Problem) -> Date {
    let leeway: TimeInterval = 60
    guard let expires else { throw .unauthorized("the token has no exp") }
    guard expires.addingTimeInterval(leeway) > now else { throw .unauthorized("the token has expired") }
    if let notBefore, notBefore.addingTimeInterval(-leeway) > now {
      throw .unauthorized("the token is not valid yet")
    }
    if let wanted = settings.issuer, issuer != wanted {
      throw .unauthorized("the token's iss is not accepted")
    }
    if let wanted = settings.audience, audience?.contains(wanted) != true {
      throw .unauthorized("the token's aud is not accepted")
    }
    return expires.addingTimeInterval(leeway)
  }

  private static func date(_ claims: KeyedDecodingContainer<Name>, _ name: Name) throws -> Date? {
    try claims.decodeIfPresent(Double.self, forKey: name).map { Date(timeIntervalSince1970: $0) }
  }

  private struct Name: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init(stringLiteral value: String) { stringValue = value }
    init?(intValue: Int) { nil }
  }
}

import Settings

/// Who is believed to be whom: `AUTH_MODE`, the keys that tokens are verified by, and how their claims are judged.
struct IdentitySettings: Sendable {
  enum Mode: Sendable { case jwt, none }

  /// `AUTH_MODE` (`jwt`): `none` makes everybody an admin, for local use.
  var mode = Mode.jwt
  /// `JWT_SECRET`: at least 32 bytes, for HS256.
  var secret: String?
  /// `JWT_JWKS_URL` or `JWT_JWKS_FILE`: the keys of an identity provider, for RS256, ES256 and EdDSA. In mode `jwt` there
  /// is a secret, or keys, or both.
  var keySource: KeySetSource?
  /// `JWT_ISSUER` and `JWT_AUDIENCE`: what `iss` and `aud` must be; anything when unset.
  var issuer: String?
  var audience: String?
  /// `JWT_ROLE_CLAIM` (`role`).
  var roleClaim = "role"

  init() {}

  init(reader: SettingsReader) {
    mode = reader.choice("AUTH_MODE", default: .jwt, ["jwt": .jwt, "none": .none])
    issuer = reader.string("JWT_ISSUER")
    audience = reader.string("JWT_AUDIENCE")
    roleClaim = reader.string("JWT_ROLE_CLAIM") ?? "role"
    guard mode == .jwt else { return }
    let problems = reader.problems.count
    secret = Self.secret(reader)
    keySource = Self.keySource(reader)
    if secret == nil, keySource == nil, reader.problems.count == problems {
      reader.report(
        "JWT_SECRET", "is required with AUTH_MODE=jwt, or JWT_JWKS_URL, or JWT_JWKS_FILE: \(Self.secretForm)")
    }
  }

  /// `JWT_SECRET` alone, for what signs with it. Nil when it is missing or short, which is reported.
  static func requiredSecret(_ reader: SettingsReader) -> String? {
    let problems = reader.problems.count
    let secret = secret(reader)
    if secret == nil, reader.problems.count == problems {
      reader.report("JWT_SECRET", "is required: \(secretForm)")
    }
    return secret
  }

  private static let secretForm = "at least 32 random bytes, such as openssl rand -hex 32 prints"

  private static func secret(_ reader: SettingsReader) -> String? {
    guard let secret = reader.secret("JWT_SECRET") else { return nil }
    guard secret.utf8.count < 32 else { return secret }
    reader.report("JWT_SECRET", "is too short: \(secretForm)")
    return nil
  }

  private static func keySource(_ reader: SettingsReader) -> KeySetSource? {
    let url = reader.secret("JWT_JWKS_URL")
    if let path = reader.string("JWT_JWKS_FILE") {
      if url != nil { reader.report("JWT_JWKS_FILE", "JWT_JWKS_URL is set as well: set only one of them") }
      return .file(path)
    }
    return url.flatMap { url in
      reader.parsed("JWT_JWKS_URL", url) {
        try KeySetSource(url: $0, allowsPlain: reader.boolean("ALLOW_INSECURE", default: false))
      }
    }
  }
}

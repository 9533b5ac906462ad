import Logging
import Redis
import Settings
import Telemetry

/// How tokens are judged: `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_ROLE_CLAIM` (`role`).
struct IdentitySettings: Sendable {
  var issuer: String?
  var audience: String?
  var roleClaim = "role"

  init() {}

  init(reader: SettingsReader) {
    issuer = reader.string("JWT_ISSUER")
    audience = reader.string("JWT_AUDIENCE")
    roleClaim = reader.string("JWT_ROLE_CLAIM") ?? "role"
  }
}

/// Everything `APIService serve` reads from its environment.
struct APISettings: Sendable {
  enum AuthMode: Sendable { case jwt, none }
  enum WebhookAuth: Sendable { case token, none }

  let backends: BackendSettings
  let logging: LogSettings
  /// `HOST` (`127.0.0.1`) and `PORT` (8080): the listener.
  let host: String
  let port: Int
  let authMode: AuthMode
  let identity: IdentitySettings
  /// `JWT_SECRET`: at least 32 bytes; present in mode `jwt`.
  let jwtSecret: String
  let webhookAuth: WebhookAuth
  /// `WEBHOOK_TOKENS`: comma-separated; present in mode `token`.
  let webhookTokens: [String]
  /// `WEBHOOK_MAX_BYTES` (5 MiB): body limit of the webhook route; 1 MiB elsewhere.
  let webhookMaximumBytes: Int
  /// `QUEUE_MAX_DEPTH` (1 000 000): events waiting above which the intake answers 503.
  let queueMaximumDepth: Int
  let queueShards: Int
  /// `ADMIN_NETWORKS` (loopback and private ranges): from where `/metrics` answers.
  let adminNetworks: NetworkList
  let crossOrigin: CrossOriginSettings
  /// `SHUTDOWN_DRAIN_SECONDS` (5): how long readiness is 503 before the listener closes.
  let drain: Duration

  /// Reads all of it, or throws everything that is wrong with it.
  init(reader: SettingsReader) throws(SettingsError) {
    let backends = BackendSettings(reader: reader)
    logging = LogSettings(reader: reader)
    host = reader.string("HOST") ?? "127.0.0.1"
    port = reader.integer("PORT", default: 8080, in: 1...65535)
    authMode = reader.choice("AUTH_MODE", default: .jwt, ["jwt": .jwt, "none": .none])
    identity = IdentitySettings(reader: reader)
    jwtSecret = authMode == .jwt ? Self.jwtSecret(reader) : ""
    webhookAuth = reader.choice("WEBHOOK_AUTH", default: .token, ["token": .token, "none": .none])
    webhookTokens = webhookAuth == .token ? reader.list(reader.secret("WEBHOOK_TOKENS")) : []
    webhookMaximumBytes = reader.integer("WEBHOOK_MAX_BYTES", default: 5 << 20, in: 1024...(256 << 20))
    queueMaximumDepth = reader.integer("QUEUE_MAX_DEPTH", default: 1_000_000, in: 1...1_000_000_000)
    queueShards = reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
    adminNetworks = NetworkList(reader: reader, "ADMIN_NETWORKS", default: .privateRanges)
    crossOrigin = CrossOriginSettings(reader: reader)
    drain = .seconds(reader.integer("SHUTDOWN_DRAIN_SECONDS", default: 5, in: 0...600))
    if webhookAuth == .token, webhookTokens.isEmpty {
      reader.report("WEBHOOK_TOKENS", "is required with WEBHOOK_AUTH=token: a long random value")
    }
    Self.refusePublicAddress(reader, host, authMode, webhookAuth)
    Self.refuseWhatIsNotThere(reader)
    try reader.finish()
    guard let backends else { preconditionFailure("backend settings failed without a reported problem") }
    self.backends = backends
  }

  /// `JWT_SECRET`, reported when missing or short.
  static func jwtSecret(_ reader: SettingsReader) -> String {
    let secret = reader.secret("JWT_SECRET") ?? ""
    if secret.utf8.count < 32 {
      reader.report("JWT_SECRET", "is required with AUTH_MODE=jwt: at least 32 bytes")
    }
    return secret
  }

  /// Without authentication we listen on loopback only, unless told that the network is private.
  private static func refusePublicAddress(
    _ reader: SettingsReader, _ host: String, _ authMode: AuthMode, _ webhookAuth: WebhookAuth
  ) {
    guard !isLoopback(host), !reader.boolean("ALLOW_INSECURE", default: false) else { return }
    let remedy = "refuses a HOST that is not loopback; set ALLOW_INSECURE=true if the network is private"
    if authMode == .none { reader.report("AUTH_MODE", "none \(remedy)") }
    if webhookAuth == .none { reader.report("WEBHOOK_AUTH", "none \(remedy)") }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1"
      || (host.hasPrefix("127.") && host.allSatisfy { "0123456789.".contains($0) })
  }

  /// Settings of the contract that this release does not honour yet are refused, not ignored.
  private static func refuseWhatIsNotThere(_ reader: SettingsReader) {
    for name in [
      "JWT_JWKS_URL", "JWT_JWKS_FILE", "HTTP_SERVER", "OTEL_EXPORTER_OTLP_ENDPOINT",
    ] {
      reader.refuse(name, "is not supported by this release: unset it")
    }
    for name in ["RATE_LIMIT_REQUESTS", "RATE_LIMIT_SERVICE_REQUESTS"] where reader.string(name) != "0" {
      reader.refuse(name, "rate limits are not supported by this release: unset it or set it to 0")
    }
    for name in ["RATE_LIMIT_WINDOW_SECONDS", "RATE_LIMIT_ON_STORE_ERROR", "TRUSTED_PROXIES"] {
      reader.refuse(name, "has no use in this release, which does not limit rates: unset it")
    }
  }
}

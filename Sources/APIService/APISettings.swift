import Logging
import Redis
import Settings
import Telemetry

/// Everything `APIService serve` reads from its environment.
struct APISettings: Sendable {
  let backends: BackendSettings
  let logging: LogSettings
  /// `HOST` (`127.0.0.1`) and `PORT` (8080): the listener.
  let listener: ListenerSettings
  /// `HTTP_SERVER` (`loop`): who serves connections.
  let server: HTTPServerKind
  let identity: IdentitySettings
  let webhooks: WebhookSettings
  /// `QUEUE_MAX_DEPTH` (1 000 000): events waiting above which the intake answers 503.
  let queueMaximumDepth: Int
  let queueShards: Int
  let rateLimit: RateLimitSettings
  /// `ADMIN_NETWORKS` (loopback and private ranges): from where `/metrics` answers.
  let adminNetworks: NetworkList
  /// `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is believed; none by default.
  let trustedProxies: NetworkList
  let crossOrigin: CrossOriginSettings
  /// `SHUTDOWN_DRAIN_SECONDS` (5): how long readiness is 503 before the listener closes.
  let drain: Duration

  /// Reads all of it, or throws everything that is wrong with it.
  init(reader: SettingsReader) throws(SettingsError) {
    let backends = BackendSettings(reader: reader)
    logging = LogSettings(reader: reader)
    listener = ListenerSettings(reader: reader, host: "HOST", port: "PORT", defaultPort: 8080)
    server = reader.choice(
      "HTTP_SERVER", default: .loop, ["loop": .loop, "routed": .routed, "stock": .stock])
    identity = IdentitySettings(reader: reader)
    webhooks = WebhookSettings(reader: reader)
    queueMaximumDepth = reader.integer("QUEUE_MAX_DEPTH", default: 1_000_000, in: 1...1_000_000_000)
    queueShards = Self.queueShards(reader: reader)
    rateLimit = RateLimitSettings(reader: reader)
    adminNetworks = NetworkList(reader: reader, "ADMIN_NETWORKS", default: .privateRanges)
    trustedProxies = NetworkList(reader: reader, "TRUSTED_PROXIES", default: .none)
    crossOrigin = CrossOriginSettings(reader: reader)
    drain = .seconds(reader.integer("SHUTDOWN_DRAIN_SECONDS", default: 5, in: 0...600))
    if !listener.isLoopback { Self.refusePublicAddress(reader, identity.mode, webhooks.mode) }
    Self.refuseWhatIsNotThere(reader)
    try reader.finish()
    guard let backends else { preconditionFailure("backend settings failed without a reported problem") }
    self.backends = backends
  }

  /// `QUEUE_SHARDS` (1) alone.
  static func queueShards(reader: SettingsReader) -> Int {
    reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
  }

  /// Without authentication we listen on loopback only, unless told that the network is private.
  private static func refusePublicAddress(
    _ reader: SettingsReader, _ identity: IdentitySettings.Mode, _ webhooks: WebhookSettings.Mode
  ) {
    guard !reader.boolean("ALLOW_INSECURE", default: false) else { return }
    let remedy = "refuses a HOST that is not loopback; set ALLOW_INSECURE=true if the network is private"
    if identity == .none { reader.report("AUTH_MODE", "none \(remedy)") }
    if webhooks == .none { reader.report("WEBHOOK_AUTH", "none \(remedy)") }
  }

  /// Settings of the contract that this release does not honour yet are refused, not ignored.
  private static func refuseWhatIsNotThere(_ reader: SettingsReader) {
    reader.refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "is not supported by this release: unset it")
  }
}

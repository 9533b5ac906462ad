import ConversationStore
import Queue
import Settings

/// Everything `WebhookWorker run` reads from its environment.
struct WorkerSettings: Sendable {
  let backends: BackendSettings
  let logging: LogSettings
  /// `WORKER_HOST` (`127.0.0.1`) and `WORKER_PORT` (8081): health and metrics.
  let listener: ListenerSettings
  /// `WORKER_CONCURRENCY` (4): batches in flight.
  let concurrency: Int
  /// `WORKER_BATCH` (256) events and `WORKER_BATCH_BYTES` (8 MiB) of payload at most per batch.
  let limits: ReservationLimits
  /// `WORKER_LEASE_SECONDS` (15, 3…600): after so long a silence a worker's work is given to others. All workers of a
  /// queue should agree.
  let lease: Duration
  /// `QUEUE_SHARDS` (1).
  let queueShards: Int
  /// `WEBHOOK_EVENTS_RETENTION_DAYS` (90): how far back a repeated event is recognised.
  let retention: RetentionSettings
  /// `ALLOW_UNSAFE_QUEUE`: run on a Redis that may evict or is too old.
  let allowsUnsafeQueue: Bool
  /// `ADMIN_NETWORKS` (loopback and private ranges): from where `/metrics` answers.
  let adminNetworks: NetworkList
  /// `SHUTDOWN_DRAIN_SECONDS` (5).
  let drain: Duration

  /// Reads all of it, or throws everything that is wrong with it.
  init(reader: SettingsReader) throws(SettingsError) {
    let backends = BackendSettings(reader: reader)
    logging = LogSettings(reader: reader)
    listener = ListenerSettings(
      reader: reader, host: "WORKER_HOST", port: "WORKER_PORT", defaultPort: 8081)
    concurrency = reader.integer("WORKER_CONCURRENCY", default: 4, in: 1...64)
    limits = Self.limits(reader)
    lease = .seconds(reader.integer("WORKER_LEASE_SECONDS", default: 15, in: 3...600))
    queueShards = reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
    retention = Self.retention(reader)
    allowsUnsafeQueue = reader.boolean("ALLOW_UNSAFE_QUEUE", default: false)
    adminNetworks = NetworkList(reader: reader, "ADMIN_NETWORKS", default: .privateRanges)
    drain = .seconds(reader.integer("SHUTDOWN_DRAIN_SECONDS", default: 5, in: 0...600))
    reader.refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "is not supported by this release: unset it")
    try reader.finish()
    guard let backends else { preconditionFailure("backend settings failed without a reported problem") }
    self.backends = backends
  }

  private static func retention(_ reader: SettingsReader) -> RetentionSettings {
    var retention = RetentionSettings()
    let days = reader.integer("WEBHOOK_EVENTS_RETENTION_DAYS", default: 90, in: 1...36_500)
    retention.events = .seconds(days * 86_400)
    return retention
  }

  private static func limits(_ reader: SettingsReader) -> ReservationLimits {
    var limits = ReservationLimits()
    limits.events = reader.integer("WORKER_BATCH", default: 256, in: 1...1000)
    limits.conversations = limits.events
    limits.eventsEach = limits.events
    limits.bytes = reader.integer("WORKER_BATCH_BYTES", default: 8 << 20, in: 1 << 10...1 << 30)
    return limits
  }
}

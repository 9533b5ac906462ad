import Queue
import Settings

/// Everything `WebhookWorker run` reads from its environment.
struct WorkerSettings: Sendable {
  let backends: BackendSettings
  let logging: LogSettings
  /// `WORKER_HOST` (`127.0.0.1`) and `WORKER_PORT` (8081): health.
  let host: String
  let port: Int
  /// `WORKER_CONCURRENCY` (4): batches in flight.
  let concurrency: Int
  /// `WORKER_BATCH` (256) events and `WORKER_BATCH_BYTES` (8 MiB) of payload at most per batch.
  let limits: ReservationLimits
  /// `QUEUE_SHARDS` (1).
  let queueShards: Int
  /// `ALLOW_UNSAFE_QUEUE`: run on a Redis that may evict or is too old.
  let allowsUnsafeQueue: Bool
  /// `SHUTDOWN_DRAIN_SECONDS` (5).
  let drain: Duration

  /// Reads all of it, or throws everything that is wrong with it.
  init(reader: SettingsReader) throws(SettingsError) {
    let backends = BackendSettings(reader: reader)
    logging = LogSettings(reader: reader)
    host = reader.string("WORKER_HOST") ?? "127.0.0.1"
    port = reader.integer("WORKER_PORT", default: 8081, in: 1...65535)
    concurrency = reader.integer("WORKER_CONCURRENCY", default: 4, in: 1...64)
    limits = Self.limits(reader)
    queueShards = reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
    allowsUnsafeQueue = reader.boolean("ALLOW_UNSAFE_QUEUE", default: false)
    drain = .seconds(reader.integer("SHUTDOWN_DRAIN_SECONDS", default: 5, in: 0...600))
    reader.refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "is not supported by this release: unset it")
    reader.refuse(
      "WEBHOOK_EVENTS_RETENTION_DAYS", "purging is not supported by this release: unset it")
    try reader.finish()
    guard let backends else { preconditionFailure("backend settings failed without a reported problem") }
    self.backends = backends
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

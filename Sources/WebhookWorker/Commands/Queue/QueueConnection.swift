import Logging
import Queue
import Redis
import ServiceLifecycle
import Settings

/// The queue for the time of one command.
enum QueueConnection {
  /// A command waits no longer than this for Redis.
  private static let patience = Duration.seconds(3)

  /// Runs `body` with the queue that the settings name, and of them only those that it takes.
  static func with<Value: Sendable>(_ body: (WebhookQueue) async throws -> Value) async throws -> Value {
    let reader = try await SettingsReader()
    let url = BackendSettings.queueURL(reader: reader)
    var settings = QueueSettings()
    settings.shards = reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
    try reader.finish()
    guard let url else { preconditionFailure("no Redis URL and no reported problem") }
    // What goes wrong is said by the command itself.
    let redis = RedisClient(url: url, logger: Logger(label: "queue") { _ in SwiftLogNoOpLogHandler() })
    let queue = WebhookQueue(redis: redis, settings: settings)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await redis.run() }
      defer { group.cancelAll() }
      do {
        try await redis.waitUntilConnected(within: patience)
        return try await body(queue)
      } catch let error as RedisError {
        throw unreachable(url, error.detail)
      } catch let error as QueueError {
        throw failure(url, error)
      }
    }
  }

  private static func failure(_ url: RedisURL, _ error: QueueError) -> ProgramFailure {
    switch error.code {
    case .unavailable: unreachable(url, error.detail)
    case .outOfMemory:
      ProgramFailure(.failure, "the queue's Redis at \(url) is full: raise its maxmemory (\(error.detail))")
    default: ProgramFailure(.failure, "\(error)")
    }
  }

  private static func unreachable(_ url: RedisURL, _ detail: String) -> ProgramFailure {
    ProgramFailure(
      .unavailable,
      "the queue's Redis at \(url) cannot be reached: \(detail)\n"
        + "Check that it runs and that REDIS_QUEUE_URL, or REDIS_URL, names it; then try again.")
  }
}

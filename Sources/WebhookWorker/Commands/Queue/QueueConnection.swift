import Cache
import ConversationStore
import Logging
import Postgres
import Queue
import Redis
import ServiceLifecycle
import Settings

/// The queue for the time of one command.
struct QueueConnection: Sendable {
  private let url: RedisURL
  private let redis: RedisClient
  private let queue: WebhookQueue
  // What goes wrong is said by the command itself.
  private static let logger = Logger(label: "queue") { _ in SwiftLogNoOpLogHandler() }

  /// Runs `body` with the queue that the settings name, and of them only those that it takes.
  static func with<Value: Sendable>(_ body: (WebhookQueue) async throws -> Value) async throws -> Value {
    let reader = try await SettingsReader()
    let connection = QueueConnection(reader: reader)
    try reader.finish()
    guard let connection else { preconditionFailure("no Redis URL and no reported problem") }
    return try await connection.serving { try await body(connection.queue) }
  }

  /// The same with the dead, some of whom may be in Postgres only.
  static func withDead<Value: Sendable>(
    _ body: (DeadLetterOffice) async throws -> Value
  ) async throws -> Value {
    let reader = try await SettingsReader()
    let connection = QueueConnection(reader: reader)
    let databaseURL = BackendSettings.writeURL(reader: reader)
    var settings = PostgresClientSettings()
    settings.preparedStatements = reader.boolean("DATABASE_PREPARED_STATEMENTS", default: true)
    settings.applicationName = "freshet-queue"
    try reader.finish()
    guard let connection, let databaseURL else { preconditionFailure("no URL and no reported problem") }
    let database = PostgresClient(url: databaseURL, settings: settings, logger: logger)
    return try await connection.serving {
      try await withRunning(database) {
        try await database.ping(within: commandPatience)
        return try await body(connection.office(database))
      }
    }
  }

  private init?(reader: SettingsReader) {
    let url = BackendSettings.queueURL(reader: reader)
    var settings = QueueSettings()
    settings.shards = reader.integer("QUEUE_SHARDS", default: 1, in: 1...256)
    guard let url else { return nil }
    self.url = url
    redis = RedisClient(url: url, logger: Self.logger)
    queue = WebhookQueue(redis: redis, settings: settings)
  }

  private func office(_ database: PostgresClient) -> DeadLetterOffice {
    // Letters are not cached: this cache is never asked.
    let store = ConversationStore(
      databases: DatabaseRoles(primary: database), cache: Cache(redis: redis, logger: Self.logger))
    return DeadLetterOffice(queue: queue, store: store)
  }

  private func serving<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    try await withRunning(redis) {
      do {
        try await redis.waitUntilConnected(within: commandPatience)
        return try await body()
      } catch let error as RedisError {
        throw redisAway(error.detail)
      } catch let error as QueueError {
        throw failure(error)
      } catch let error as PostgresError {
        throw Self.failure(error)
      }
    }
  }

  private func failure(_ error: QueueError) -> ProgramFailure {
    switch error.code {
    case .unavailable: redisAway(error.detail)
    case .outOfMemory:
      ProgramFailure(.failure, "the queue's Redis at \(url) is full: raise its maxmemory (\(error.detail))")
    default: ProgramFailure(.failure, "\(error)")
    }
  }

  private func redisAway(_ detail: String) -> ProgramFailure {
    ProgramFailure(
      .unavailable,
      "the queue's Redis at \(url) cannot be reached: \(detail)\n"
        + "Check that it runs and that REDIS_QUEUE_URL, or REDIS_URL, names it; then try again.")
  }

  private static func failure(_ error: PostgresError) -> ProgramFailure {
    guard error.isInfrastructure || error.code == .deadline else {
      let remedy = error.sqlState == "42P01" ? "\nRun “APIService migrate” first." : ""
      return ProgramFailure(.failure, "\(error)\(remedy)")
    }
    return ProgramFailure(
      .unavailable,
      "the database, which keeps old dead events, cannot be reached: \(error.detail)\n"
        + "Check that it runs and that DATABASE_URL, or DATABASE_WRITE_URL, names it; then try again.")
  }
}

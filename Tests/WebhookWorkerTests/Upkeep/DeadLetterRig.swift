import Cache
import ConversationStore
import Conversations
import Foundation
import Keyspace
import Logging
import NIOCore
import Postgres
import Queue
import Redis
import TestSupport

@testable import WebhookWorker

/// A queue and a database of its own, with what moves dead events between them.
struct DeadLetterRig: Sendable {
  let queue: WebhookQueue
  let redis: RedisClient
  let settings: QueueSettings
  let consumer: QueueConsumer
  let store: ConversationStore
  let database: PostgresClient
  let copier: DeadLetterCopier
  let office: DeadLetterOffice

  static func with(shards: Int = 1, _ body: @Sendable (DeadLetterRig) async throws -> Void) async throws {
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let url = try await SharedServers.postgres().createDatabase()
    let database = PostgresClient(url: try PostgresURL(url), logger: quiet)
    let redis = RedisClient(url: try RedisURL(try await SharedServers.redis().url), logger: quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await database.run() }
      group.addTask { try await redis.run() }
      try await redis.waitUntilConnected(within: .seconds(10))
      for script in try migrations() {
        try await database.withConnection { try await $0.execute(script: script) }
      }
      try await body(DeadLetterRig(database, redis, shards: shards, quiet))
      group.cancelAll()
    }
  }

  private init(_ database: PostgresClient, _ redis: RedisClient, shards: Int, _ logger: Logger) {
    var settings = QueueSettings()
    settings.prefix = "test\(UInt64.random(in: 0 ... .max)):"
    settings.shards = shards
    settings.workerTimeout = .seconds(10)
    self.settings = settings
    self.redis = redis
    self.database = database
    queue = WebhookQueue(redis: redis, settings: settings)
    store = ConversationStore(
      databases: DatabaseRoles(primary: database),
      cache: Cache(redis: redis, keys: CacheKeys(prefix: settings.prefix), logger: logger))
    consumer = QueueConsumer(queue: queue, logger: logger)
    copier = DeadLetterCopier(queue: queue, consumer: consumer, store: store, logger: logger)
    office = DeadLetterOffice(queue: queue, store: store)
  }

  /// Queues events and lets them die.
  func kill(_ ids: [String], in conversation: String = "talk", failureClass: String = "Boom") async throws {
    let worker = "killer\(UInt64.random(in: 0 ... .max))"
    for id in ids {
      _ = try await queue.enqueue(id: id, conversation: conversation, payload: ByteBuffer(string: "p-\(id)"))
    }
    _ = try await queue.heartbeat(worker, registering: true)
    let shard = ConversationToken(conversation, shards: settings.shards).shard
    var limits = ReservationLimits()
    limits.eventsEach = 1
    for (number, id) in ids.enumerated() {
      let result = try await queue.reserve(
        shard: shard, worker: worker, number: Int64(number), limits: limits)
      let why = FailureDescription(failureClass: failureClass, message: "it went boom")
      _ = await queue.settle([
        Settlement(result.reservations[0].ticket, acknowledged: [], failure: .dead(id: id, .permanent, why))
      ])
    }
  }

  func upkeep(deadAge: Duration = .seconds(86_400), deadCount: Int = 10_000) -> UpkeepService {
    UpkeepService(
      queue: queue, store: store, copier: copier, retention: RetentionSettings(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, deadAge: deadAge, deadCount: deadCount)
  }

  /// One text value of one row.
  func scalar(_ sql: String) async throws -> String? {
    let name = "scalar_\(UInt64.random(in: 0 ... .max))"
    return try await database.query(PostgresStatement(name, sql)).first?.textOrNil(0)
  }

  /// `id resolution` of all letters, by id.
  func letters() async throws -> String? {
    try await scalar(
      "SELECT string_agg(concat_ws(' ', event_id, resolution), ',' ORDER BY event_id) FROM dead_letters")
  }

  private static func migrations() throws -> [String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../deploy/migrations").standardizedFileURL
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "sql" }.sorted { $0.path < $1.path }
      .map { try String(contentsOf: $0, encoding: .utf8) }
  }
}

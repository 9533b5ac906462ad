import Cache
import ConversationStore
import Conversations
import Foundation
import Keyspace
import Logging
import Postgres
import Redis
import TestSupport
import Testing

/// A store on a database of its own, migrated, with a shared Redis and keys of its own.
struct StoreRig: Sendable {
  let store: ConversationStore
  let database: PostgresClient
  let cache: Cache
  let redis: RedisClient
  let keys: CacheKeys
  private let url: PostgresURL

  /// - Parameters:
  ///   - redisURL: the shared server unless named.
  ///   - relays: how many run from the start; without one no hit counts.
  static func with(
    replicaURLs: [String] = [], primaryURL: String? = nil, redisURL: String? = nil,
    settings: CacheSettings = CacheSettings(), relays: Int = 0,
    _ body: @Sendable (StoreRig) async throws -> Void
  ) async throws {
    let url: String
    if let primaryURL { url = primaryURL } else { url = try await SharedServers.postgres().createDatabase() }
    let primary = PostgresClient(url: try PostgresURL(url), logger: .quiet)
    let replicas = try replicaURLs.map { PostgresClient(url: try PostgresURL($0), logger: .quiet) }
    let redisURL = if let redisURL { redisURL } else { try await SharedServers.redis().url }
    let redis = RedisClient(url: try RedisURL(redisURL), logger: .quiet)
    let keys = CacheKeys(prefix: "test-\(UInt64.random(in: 0 ... .max)):")
    let cache = Cache(redis: redis, settings: settings, keys: keys, logger: .quiet)
    let databases = DatabaseRoles(primary: primary, replicas: replicas)
    let rig = StoreRig(
      store: ConversationStore(databases: databases, cache: cache), database: primary, cache: cache,
      redis: redis,
      keys: keys, url: try PostgresURL(url))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in [primary] + replicas { group.addTask { try await client.run() } }
      group.addTask { try await redis.run() }
      try await redis.waitUntilConnected(within: .seconds(10))
      for script in try migrations() {
        try await primary.withConnection { try await $0.execute(script: script) }
      }
      group.addTask { await rig.store.marker.run() }
      group.addTask { await ReplicaWatch(databases).run() }
      for number in 0..<relays { group.addTask { await rig.relay("relay-\(number)") } }
      if relays > 0 { #expect(try await eventually { try await rig.isTrusted() }) }
      try await body(rig)
      group.cancelAll()
    }
  }

  /// Runs a relay as another process would; its leader's session has the name.
  func relay(_ name: String = "relay") async {
    var settings = PostgresClientSettings()
    settings.applicationName = name
    let leading = CacheRelay.client(url: url, settings: settings, logger: .quiet)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await leading.run() }
      await CacheRelay(database: database, leading: leading, cache: cache, logger: .quiet).run()
      group.cancelAll()
    }
  }

  /// Whether hits count at the moment.
  func isTrusted() async throws -> Bool {
    try await redis.execute(RedisCommand("EXISTS", RedisArgument(keys.watermark))).integer == 1
  }

  /// The project's own migrations, in order.
  private static func migrations() throws -> [String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../deploy/migrations").standardizedFileURL
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "sql" }.sorted { $0.path < $1.path }
      .map { try String(contentsOf: $0, encoding: .utf8) }
  }

  /// Applies one event of a conversation.
  @discardableResult
  func apply(
    _ conversation: String, _ content: ProviderEvent.Content, id: String = UUID().uuidString,
    at seconds: Int64 = 1000, fence: Int64 = 1
  ) async throws -> BatchReceipt {
    try await store.apply([event(conversation, content, id: id, at: seconds, fence: fence)])
  }

  func event(
    _ conversation: String, _ content: ProviderEvent.Content, id: String = UUID().uuidString,
    at seconds: Int64 = 1000, fence: Int64 = 1
  ) -> IncomingEvent {
    let type: EventType
    switch content {
    case .joined: type = .replicaJoined
    case .shutdown: type = .shutdown
    case .transcript: type = .transcriptionReady
    case .recording: type = .recordingReady
    case .perceptionAnalysis: type = .perceptionAnalysis
    case .other: type = .palJoined
    case .erased: type = .erased
    }
    let event = ProviderEvent(
      conversationID: ExternalConversationID(stored: conversation), type: type,
      timestamp: Timestamp(millisecondsSinceEpoch: seconds * 1000), content: content)
    return IncomingEvent(
      id: EventID(id) ?? EventID(sha256Of: Array(id.utf8).span), event: event,
      receivedAt: Timestamp(millisecondsSinceEpoch: 2_000_000_000_000), fence: fence)
  }

  /// One text value of one row.
  func scalar(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> String? {
    let name = "scalar_\(UInt64.random(in: 0 ... .max))"
    return try await database.query(PostgresStatement(name, sql), parameters).first?.textOrNil(0)
  }

  func outcomes(of conversation: String) async throws -> String? {
    try await scalar(
      "SELECT string_agg(outcome, ',' ORDER BY processed_at) FROM webhook_events WHERE external_id = $1",
      [.text(conversation)])
  }

  /// `position:role:content` of the stored messages.
  func messages(of conversation: String) async throws -> String? {
    try await scalar(
      """
      SELECT string_agg(position || ':' || role || ':' || content, ' ' ORDER BY position) FROM messages m \
      JOIN conversations c ON c.id = m.conversation_id WHERE c.external_id = $1
      """, [.text(conversation)])
  }
}

extension ProviderEvent.Content {
  /// A transcript of these words, said by user and assistant in turn.
  static func words(_ words: String...) -> ProviderEvent.Content {
    .transcript(
      Transcript(
        entries: words.enumerated().map { index, word in
          TranscriptEntry(position: index, role: index % 2 == 0 ? "user" : "assistant", content: word)
        }))
  }
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension ConversationPatch {
  static func title(_ title: String) throws -> ConversationPatch {
    try ConversationPatch(decoding: Array(#"{"title":"\#(title)"}"#.utf8), role: .user)
  }
}

package import Cache
package import ConversationStore
package import Logging
import Postgres
package import Redis
package import ServiceLifecycle
package import Telemetry

/// The clients of everything a program stands on, built from its settings. Nothing connects before `services` run.
package struct Backends: Sendable {
  /// The primary and its replicas.
  package let databases: DatabaseRoles
  /// May evict.
  package let cacheRedis: RedisClient
  /// Must not evict.
  package let queueRedis: RedisClient
  /// What the store reads through.
  package let cache: Cache
  /// Conversations, read through the cache.
  package let store: ConversationStore

  /// For the relay's transaction alone.
  private let relayDatabase: PostgresClient
  private let logger: Logger

  /// `CACHE_MODE=available`: what is cached is served also while Postgres is away.
  package let servesWithoutDatabase: Bool

  /// - Parameters:
  ///   - cacheScripts: what the program calls often on the cache's Redis.
  ///   - queueScripts: what the program calls on the queue's Redis.
  ///   - metrics: gets what the cache does.
  package init(
    _ settings: BackendSettings, cacheScripts: [RedisScript] = [], queueScripts: [RedisScript],
    metrics: PrometheusMetrics, logger: Logger
  ) {
    let postgres = settings.postgresSettings
    servesWithoutDatabase = settings.cache.mode == .available
    databases = DatabaseRoles(
      primary: PostgresClient(url: settings.writeURL, settings: postgres, logger: logger),
      replicas: settings.replicaURLs.map { PostgresClient(url: $0, settings: postgres, logger: logger) })
    var cacheSettings = RedisClientSettings()
    cacheSettings.scripts = cacheScripts
    cacheRedis = RedisClient(url: settings.cacheURL, settings: cacheSettings, logger: logger)
    var queueSettings = RedisClientSettings()
    queueSettings.scripts = queueScripts
    queueRedis = RedisClient(url: settings.queueURL, settings: queueSettings, logger: logger)
    relayDatabase = CacheRelay.client(url: settings.directURL, settings: postgres, logger: logger)
    let counts = CacheMetrics(metrics)
    cache = Cache(redis: cacheRedis, settings: settings.cache, logger: logger) { counts.count($0) }
    store = ConversationStore(databases: databases, cache: cache)
    self.logger = logger
  }

  /// Whether the primary answers. Asked, because nobody notices a server that hangs while there is no work for it.
  package func isDatabaseAnswering() async -> Bool {
    do {
      try await databases.primary.ping(within: .seconds(1))
      return true
    } catch {
      return false
    }
  }

  /// To be started before, and stopped after, whatever uses them.
  package var services: [any Service] {
    let clients: [any Service] = [databases.primary] + databases.replicas + [cacheRedis, queueRedis]
    let watch: [any Service] = databases.replicas.isEmpty ? [] : [ReplicaWatch(databases)]
    return clients + watch + [store.marker] + relay
  }

  /// Without a cache nobody is to be told of writes, but what the triggers note of them has to go.
  private var relay: [any Service] {
    if cache.settings.mode == .off {
      return [OutboxSweep(database: databases.primary, settings: cache.settings, logger: logger)]
    }
    return [
      relayDatabase,
      CacheRelay(database: databases.primary, leading: relayDatabase, cache: cache, logger: logger),
    ]
  }
}

import Cache
import Conversations
import Keyspace
import Logging
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// Some cache instances over one Redis, each with a client of its own as in separate processes.
struct CacheRig: Sendable {
  let caches: [Cache]
  let redis: RedisClient
  /// Before every key of the test.
  let prefix: String
  let keys: CacheKeys
  let events: EventLog<CacheEvent>
  let conversation = CacheGroup.conversation(.random())

  var cache: Cache { caches[0] }
  var server: CacheServer { caches[0].server }

  /// Runs `body` with clients connected; keys are the test's own.
  static func with(
    instances: Int = 1, url: String? = nil, settings: CacheSettings = .patient, vouches: Bool = true,
    _ body: @Sendable (CacheRig) async throws -> Void
  ) async throws {
    let sharedURL = url == nil ? try await SharedServers.redis().url : nil
    let clients = try (0..<instances).map { _ in try client(url ?? sharedURL ?? "") }
    let prefix = "test-\(UInt64.random(in: 0 ... .max)):"
    let keys = CacheKeys(prefix: prefix)
    let events = EventLog<CacheEvent>()
    try await withThrowingTaskGroup { group in
      for client in clients { group.addTask { try await client.run() } }
      for client in clients { try await client.waitUntilConnected(within: .seconds(10)) }
      let caches = clients.map { client in
        Cache(redis: client, settings: settings, keys: keys, logger: .quiet) { events.append($0) }
      }
      let rig = CacheRig(
        caches: caches, redis: clients[0], prefix: prefix, keys: keys, events: events)
      if vouches {
        try await rig.vouch()
        group.addTask { await rig.keepVouching() }
      }
      try await body(rig)
      group.cancelAll()
    }
  }

  /// What the relay does every half second: says that nothing is left to be invalidated.
  func vouch() async throws {
    let moment = try await cache.serverMoment()
    _ = try await cache.extendTrust(since: moment, lessening: .zero, timeline: "1")
  }

  private func keepVouching() async {
    while !Task.isCancelled {
      // A server that a test has ended is vouched for when it is back.
      try? await vouch()
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func client(_ url: String) throws -> RedisClient {
    RedisClient(url: try RedisURL(url), logger: .quiet)
  }

  func entry(_ field: CacheField = .body) -> CacheEntry { CacheEntry(conversation, field, keys: keys) }

  func delete(_ key: String) async throws {
    _ = try await redis.execute(RedisCommand("DEL", RedisArgument(key)))
  }

  /// Reads the conversation's body through one instance.
  func read(
    _ database: Database, instance: Int = 0, field: CacheField = .body
  ) async throws -> (version: Int, status: CacheStatus) {
    let answer = try await caches[instance].read(conversation, field) { source in
      try await database.load(source)
    }
    return (Int(String(buffer: answer.value.body)) ?? -1, answer.status)
  }
}

extension CacheSettings {
  /// For tests that are not about the budget: a busy machine must not look like a slow Redis.
  static var patient: CacheSettings {
    var settings = CacheSettings()
    settings.redisBudget = .seconds(10)
    settings.commandTimeout = .seconds(10)
    settings.invalidationLimit = .seconds(10)
    return settings
  }
}

extension Logger {
  static var quiet: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }
}

extension CacheStatus {
  var isHit: Bool { if case .hit = self { true } else { false } }
}

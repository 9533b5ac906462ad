import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// Each on a server of its own, which is stopped, frozen or made to lag.
@Suite("Cache without Redis")
struct CacheOutageTests {
  private static var settings: CacheSettings {
    var settings = CacheSettings()
    settings.redisBudget = .milliseconds(200)
    settings.invalidationLimit = .milliseconds(300)
    return settings
  }

  @Test(
    "Redis stops: answers come from the primary, the breaker opens; it returns: the same cache has hits again"
  )
  func stopAndRestart() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url, settings: Self.settings) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      try await server.stop()
      for _ in 0..<10 {
        let (_, status) = try await rig.read(database)
        guard case .bypass = status else {
          Issue.record("\(status) without Redis")
          return
        }
      }
      #expect(rig.events.count(.breakerOpened) == 1)
      #expect(try await rig.read(database).status == .bypass(.breakerOpen))
      #expect(await database.sources.allSatisfy { $0 == .primary })
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 1) == .unconfirmed)
      #expect(rig.events.count(.invalidationUnconfirmed(groups: 1)) == 1)
      await database.write()
      try await server.restart()
      #expect(try await eventually { try await rig.read(database).status.isHit })
      #expect(try await rig.read(database).version == 1)
      #expect(rig.events.count(.breakerClosed) == 1)
    }
    try await server.stop()
  }

  @Test("A Redis that does not answer costs a read its budget, not more")
  func frozen() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url, settings: Self.settings) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      _ = try await rig.redis.execute(RedisCommand("CLIENT", "PAUSE", 60_000, "ALL"))
      let start = ContinuousClock.now
      #expect(try await rig.read(database).status == .bypass(.late))
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(rig.events.count(.redisFailed(.late)) == 1)
    }
    try await server.kill()
  }

  @Test("A Redis that refuses writes still serves hits, and misses go to the primary")
  func full() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url, settings: .patient) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      for setting in ["maxmemory-policy noeviction", "maxmemory 1"] {
        let words = setting.split(separator: " ").map { RedisArgument(String($0)) }
        _ = try await rig.redis.execute(RedisCommand("CONFIG", ["SET"] + words))
      }
      #expect(try await rig.read(database).status.isHit)
      let field = CacheField.messages(page: 1, limit: 1)
      for _ in 0..<30 {
        #expect(try await rig.read(database, field: field).status == .bypass(.refused))
      }
      #expect(rig.events.count(.breakerOpened) == 0)
      await database.write()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 101).isConfirmed)
      #expect(try await rig.read(database).version == 1)
    }
    try await server.stop()
  }

  @Test("Without Redis the loads are limited; the rest is told to come back")
  func overload() async throws {
    var settings = Self.settings
    settings.mode = .off
    settings.maximumDirectLoads = 2
    try await CacheRig.with(settings: settings) { rig in
      let database = Database()
      await database.hold()
      let page = { @Sendable (page: Int) in CacheField.messages(page: page, limit: 1) }
      async let first = try await rig.read(database, field: page(1))
      async let second = try await rig.read(database, field: page(2))
      #expect(try await eventually { await database.loads == 2 })
      await #expect(throws: CacheError(.overloaded, "2 loads without Redis are under way")) {
        try await rig.read(database, field: page(3))
      }
      await database.release()
      _ = try await (first, second)
      #expect(try await rig.read(database, field: page(3)).version == 0)
    }
  }

  @Test("A Redis that others ask more than it can answer is not away: who comes then is told to come back")
  func crowd() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url, settings: .patient) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      // It answers nothing for a while, so that what was asked adds up to all that may be asked.
      _ = try await rig.redis.execute(RedisCommand("CLIENT", "PAUSE", 3000, "ALL"))
      let ping = try RedisRequest([RedisCommand("PING")])
      for _ in 0..<25_000 {
        try rig.cache.server.redis.connection().send(ping, timeout: .seconds(20)) { _ in }
      }
      #expect(
        try await eventually {
          do { _ = try await rig.read(database) } catch let error as CacheError {
            return error.code == .overloaded
          }
          return false
        })
      #expect(try await eventually { (try? await rig.read(database).status.isHit) == true })
      #expect(rig.events.count(.breakerOpened) == 0 && rig.events.count(.redisFailed(.refused)) == 0)
      #expect(await database.loads == 1)
    }
    try await server.stop()
  }

  @Test("Scripts are sent again when the server has lost them")
  func lostScripts() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url, settings: .patient) { rig in
      let database = Database()
      for round in 1...3 {
        _ = try await rig.redis.execute(RedisCommand("SCRIPT", "FLUSH"))
        #expect(try await rig.read(database).status != .bypass(.refused))
        #expect(try await rig.events.has(.fill(.stored), times: round))
        _ = try await rig.redis.execute(RedisCommand("SCRIPT", "FLUSH"))
        #expect(await rig.cache.invalidate([rig.conversation], lsn: 5).isConfirmed)
      }
    }
    try await server.stop()
  }
}

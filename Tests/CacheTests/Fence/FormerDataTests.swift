import Redis
import TestSupport
import Testing

@testable import Cache

/// A server that is demoted and promoted again has the data of another one, on the connections of before.
@Suite("Cache, a server with other data than before")
struct FormerDataTests {
  @Test("A relay that was stopped before it vouched does not vouch for data that came meanwhile")
  func formerData() async throws {
    let server = try await RedisServer.start()
    let other = try await RedisServer.start()
    try await CacheRig.with(url: server.url, vouches: false) { rig in
      try await CacheRig.with(url: other.url, vouches: false) { old in
        let database = Database()
        try await rig.vouch()
        _ = try await rig.read(database)
        #expect(try await rig.events.has(.fill(.stored)))
        try await Self.copy(from: server, to: old.redis)
        await database.write()
        let moment = try await Self.invalidate(rig)
        try await Self.copy(from: other, to: rig.redis)
        await #expect(throws: CacheError.self) {
          try await rig.cache.extendTrust(since: moment, lessening: .zero, timeline: "1")
        }
        for _ in 0..<4 { #expect(try await rig.read(database).version == 1) }
      }
    }
    try await server.stop()
    try await other.stop()
  }

  /// A relay's round up to where it vouches. A server's name changes with its first replica, which not every connection
  /// knows at once.
  private static func invalidate(_ rig: CacheRig) async throws -> CacheServerMoment {
    let moment = try await poll(within: .seconds(10)) { () -> CacheServerMoment? in
      let moment = try await rig.cache.serverMoment()
      do { try await rig.cache.invalidateOnce([rig.conversation], lsn: nil, on: moment.server) } catch {
        return nil
      }
      return moment
    }
    return try #require(moment)
  }

  /// Makes a server the replica of another one, and a master again as soon as it has its data.
  private static func copy(from source: RedisServer, to target: RedisClient) async throws {
    _ = try await target.execute(
      RedisCommand("REPLICAOF", "127.0.0.1", RedisArgument(String(source.port))), timeout: .seconds(10))
    #expect(
      try await eventually {
        let reply = try? await target.execute(RedisCommand("INFO", "replication"), timeout: .seconds(10))
        return reply?.string?.contains("master_link_status:up") == true
      })
    _ = try await target.execute(RedisCommand("REPLICAOF", "NO", "ONE"), timeout: .seconds(10))
  }
}

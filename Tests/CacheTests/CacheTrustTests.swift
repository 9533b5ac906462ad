import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// A hit counts only while somebody vouches for the server that it came from.
@Suite("Cache trust")
struct CacheTrustTests {
  private static var available: CacheSettings {
    var settings = CacheSettings.patient
    settings.mode = .available
    return settings
  }

  @Test("A watermark counts when it names the server of the connection, whatever the timeline")
  func watermark() {
    let judge = { (watermark: String?, server: String?) in
      CacheDistrust(watermark: watermark.map { ByteBuffer(string: $0) }, server: server)
    }
    #expect(judge("run|data|00000001", "run|data") == nil)
    #expect(judge(nil, "run|data") == .lapsed)
    #expect(judge("", "run|data") == .lapsed)
    #expect(judge("run|data2|00000001", "run|data") == .otherServer)
    #expect(judge("run|data", "run|data") == .otherServer)
    #expect(judge("nur|data|00000001", "run|data") == .otherServer)
    #expect(judge("run|data|00000001", nil) == .unnamed)
  }

  @Test("Without a watermark nothing of Redis is used: the primary answers, and nothing is leased or stored")
  func lapsed() async throws {
    try await CacheRig.with(vouches: false) { rig in
      let database = Database()
      for _ in 0..<2 { #expect(try await rig.read(database).status == .bypass(.untrusted)) }
      #expect(await database.sources == [.primary, .primary])
      let keys = [rig.entry().epochKey, rig.entry().valueKey, rig.entry().leaseKey].map { RedisArgument($0) }
      #expect(try await rig.redis.execute(RedisCommand("EXISTS", keys)).integer == 0)
      #expect(rig.events.count(.trustLapsed(.lapsed)) == 1)
      try await rig.vouch()
      #expect(try await rig.read(database).status == .miss)
      #expect(
        try await eventually {
          _ = try await rig.read(database)
          return rig.events.count(.trustRegained) == 1
        })
    }
  }

  @Test(
    "A hit is refused as soon as the watermark has ended or names another server, and counts again after it")
  func refused() async throws {
    try await CacheRig.with(vouches: false) { rig in
      let database = Database()
      try await rig.vouch()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(try await rig.read(database).status.isHit)
      try await rig.delete(rig.keys.watermark)
      #expect(try await rig.read(database).status == .bypass(.untrusted))
      try await Self.set(rig, "0000|1111|00000001")
      #expect(try await rig.read(database).status == .bypass(.untrusted))
      #expect(rig.events.count(.trustLapsed(.lapsed)) == 1)
      try await rig.delete(rig.keys.watermark)
      try await rig.vouch()
      #expect(try await rig.read(database).status.isHit)
    }
  }

  @Test("A lease is refused between a trusted lookup and an untrusted ACQUIRE")
  func acquire() async throws {
    try await CacheRig.with(vouches: false) { rig in
      let acquire = {
        try await rig.server.acquire(rig.entry(), leaseDuration: .seconds(30), timeout: .seconds(10))
      }
      #expect(try await acquire() == .untrusted(.lapsed))
      try await Self.set(rig, "0000|1111|00000001")
      #expect(try await acquire() == .untrusted(.otherServer))
      #expect(
        try await rig.redis.execute(RedisCommand("EXISTS", RedisArgument(rig.entry().leaseKey))).integer == 0)
    }
  }

  @Test(
    "Where availability is asked for, an unverified hit is served and marked; its floor still counts for nothing"
  )
  func available() async throws {
    try await CacheRig.with(settings: Self.available, vouches: false) { rig in
      let database = Database()
      #expect(try await rig.read(database).status == .miss)
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(try await rig.read(database).status.text.hasSuffix("; detail=unverified"))
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 900).isConfirmed)
      _ = try await rig.read(database)
      #expect(await database.sources == [.primary, .primary])
      try await rig.vouch()
      #expect(try await eventually { try await rig.read(database).status.isHit })
      #expect(try await rig.read(database).status.text.contains("unverified") == false)
    }
  }

  @Test("Trust ends at a moment of the server's own clock; whoever comes too late changes nothing")
  func moments() async throws {
    try await CacheRig.with(vouches: false) { rig in
      let moment = try await rig.cache.serverMoment()
      #expect(moment.server == rig.redis.serverName)
      #expect(try await rig.cache.extendTrust(since: moment, lessening: .seconds(1), timeline: "1"))
      let left = try await Self.left(rig)
      #expect((3_000...4_000).contains(left))
      let earlier = CacheServerMoment(server: moment.server, time: moment.time - 1_000)
      #expect(try await rig.cache.extendTrust(since: earlier, lessening: .seconds(1), timeline: "1"))
      #expect(try await Self.left(rig) > 2_500)
      let stopped = CacheServerMoment(server: moment.server, time: moment.time - 60_000)
      #expect(try await rig.cache.extendTrust(since: stopped, lessening: .zero, timeline: "1") == false)
      #expect(try await Self.left(rig) > 2_000)
    }
  }

  @Test("Only the server that is named may confirm an invalidation of the relay")
  func confirmation() async throws {
    try await CacheRig.with { rig in
      let name = try await rig.cache.serverMoment().server
      try await rig.cache.invalidateOnce([rig.conversation], lsn: 1, on: name)
      await #expect(throws: CacheError.self) {
        try await rig.cache.invalidateOnce([rig.conversation], lsn: 1, on: "0000|1111")
      }
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 1) == .confirmed(by: name))
    }
  }

  @Test("A server that was promoted while we were connected is asked for its name anew, and trusted again")
  func promoted() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url) { rig in
      let before = try #require(rig.redis.serverName)
      let database = Database()
      #expect(try await eventually { try await rig.read(database).status.isHit })
      // A new history without a new process, and without the loss of a connection.
      _ = try await rig.redis.execute(RedisCommand("REPLICAOF", "127.0.0.1", RedisArgument(FreePort.next())))
      _ = try await rig.redis.execute(RedisCommand("REPLICAOF", "NO", "ONE"))
      #expect(
        try await eventually {
          let isHit = try await rig.read(database).status.isHit
          return isHit && rig.redis.serverName.map { $0 != before } == true
        })
    }
    try await server.stop()
  }

  private static func set(_ rig: CacheRig, _ watermark: String) async throws {
    _ = try await rig.redis.execute(
      RedisCommand("SET", RedisArgument(rig.keys.watermark), RedisArgument(watermark)))
  }

  private static func left(_ rig: CacheRig) async throws -> Int64 {
    try #require(
      try await rig.redis.execute(RedisCommand("PTTL", RedisArgument(rig.keys.watermark))).integer)
  }
}

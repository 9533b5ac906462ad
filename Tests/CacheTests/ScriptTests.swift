import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// The rules of the scripts that no randomized run is sure to meet, each on its own.
@Suite("Cache scripts")
struct ScriptTests {
  private static func loaded(_ text: String, lsn: UInt64?, isPrimary: Bool = true) -> LoadedValue {
    LoadedValue(
      CacheLoad(body: ByteBuffer(string: text), lsn: lsn, isPrimary: isPrimary), cost: .milliseconds(7))
  }

  private static func lease(_ rig: CacheRig) async throws -> CacheLease {
    let acquisition = try await rig.server.acquire(
      rig.entry(), leaseDuration: .seconds(30), timeout: .seconds(10))
    guard case .lease(let lease) = acquisition else { throw RedisError(.unexpectedReply, "\(acquisition)") }
    return lease
  }

  private static func fill(
    _ rig: CacheRig, _ lease: CacheLease, _ loaded: LoadedValue?
  ) async throws -> CacheEvent.FillOutcome {
    let value = loaded.flatMap {
      StorableValue($0, epoch: lease.epoch, settings: .patient, jitter: 0)
    }
    return try await rig.server.fill(rig.entry(), lease, value, timeout: .seconds(10))
  }

  private static func invalidate(_ rig: CacheRig, lsn: UInt64?) async throws {
    let sent = try await rig.server.invalidate(
      [rig.conversation], lsn: lsn, keys: rig.keys, timeout: .seconds(10))
    try #require(sent.unconfirmed.isEmpty)
  }

  private static func record(_ rig: CacheRig) async throws -> EpochRecord? {
    try await rig.redis.execute(RedisCommand("GET", RedisArgument(rig.entry().epochKey))).bytes.flatMap(
      EpochRecord.init)
  }

  @Test("A lease is given once; the next one waits for the same epoch")
  func exclusive() async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      let next = try await rig.server.acquire(
        rig.entry(), leaseDuration: .seconds(30), timeout: .seconds(10))
      #expect(next == .wait(lease.epoch))
      #expect(try await Self.fill(rig, lease, nil) == .released)
      #expect(try await Self.lease(rig).token != lease.token)
    }
  }

  @Test("The holder of a lost lease does not give back its successor's")
  func foreignLease() async throws {
    try await CacheRig.with { rig in
      let lost = try await Self.lease(rig)
      try await rig.delete(rig.entry().leaseKey)
      let lease = try await Self.lease(rig)
      #expect(try await Self.fill(rig, lost, nil) == .released)
      let next = try await rig.server.acquire(
        rig.entry(), leaseDuration: .seconds(30), timeout: .seconds(10))
      #expect(next == .wait(lease.epoch))
    }
  }

  @Test("A fill is refused after an invalidation, and after the record was lost")
  func stale() async throws {
    try await CacheRig.with { rig in
      let first = try await Self.lease(rig)
      try await Self.invalidate(rig, lsn: 5)
      #expect(try await Self.fill(rig, first, Self.loaded("old", lsn: 9)) == .stale)
      let second = try await Self.lease(rig)
      #expect(second.epoch != first.epoch)
      try await rig.delete(rig.entry().epochKey)
      #expect(try await Self.fill(rig, second, Self.loaded("old", lsn: 9)) == .stale)
    }
  }

  @Test("A replica fills from the floor on, and never while the floor is unknown")
  func behind() async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      #expect(lease.floor == nil)
      #expect(try await Self.fill(rig, lease, Self.loaded("r", lsn: 900, isPrimary: false)) == .behind)
      #expect(try await Self.fill(rig, lease, Self.loaded("p", lsn: 100)) == .stored)
      #expect(try await Self.record(rig) == EpochRecord(epoch: lease.epoch, floor: 100))
      try await Self.invalidate(rig, lsn: 0xAB)
      let second = try await Self.lease(rig)
      #expect(second.floor == 0xAB)
      #expect(try await Self.fill(rig, second, Self.loaded("r", lsn: 0xAA, isPrimary: false)) == .behind)
      #expect(try await Self.fill(rig, second, Self.loaded("r", lsn: nil, isPrimary: false)) == .behind)
      #expect(try await Self.fill(rig, second, Self.loaded("r", lsn: 0xAB, isPrimary: false)) == .stored)
      #expect(try await Self.record(rig)?.floor == 0xAB)
    }
  }

  @Test("What was read earlier does not replace what was read later; an unknown LSN counts as earlier")
  func older() async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      #expect(try await Self.fill(rig, lease, Self.loaded("?", lsn: nil)) == .stored)
      #expect(try await Self.record(rig)?.floor == nil)
      #expect(try await Self.fill(rig, lease, Self.loaded("b", lsn: 0x1_0000_0000)) == .stored)
      #expect(try await Self.fill(rig, lease, Self.loaded("a", lsn: 0xFFFF_FFFF)) == .older)
      #expect(try await Self.fill(rig, lease, Self.loaded("?", lsn: nil)) == .older)
      #expect(try await Self.fill(rig, lease, Self.loaded("b", lsn: 0x1_0000_0000)) == .stored)
    }
  }

  @Test(
    "An invalidation raises the floor, never lowers it, and an unknown LSN makes it unknown",
    arguments: [
      (UInt64(100), UInt64(200), UInt64(200)), (200, 100, 200), (9, 10, 10), (0xFF, 0x100, 0x100),
      (100, nil, nil), (nil, 100, nil), (nil, nil, nil),
    ] as [(UInt64?, UInt64?, UInt64?)])
  func floor(before: UInt64?, lsn: UInt64?, after: UInt64?) async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      #expect(try await Self.fill(rig, lease, Self.loaded("p", lsn: before)) == .stored)
      try await Self.invalidate(rig, lsn: lsn)
      let record = try await Self.record(rig)
      #expect(record?.floor == after)
      #expect(record?.epoch != lease.epoch)
    }
  }

  @Test("An invalidation of a group nobody has read leaves no key behind")
  func absentRecord() async throws {
    try await CacheRig.with { rig in
      try await Self.invalidate(rig, lsn: 3)
      #expect(try await Self.record(rig) == nil)
    }
  }

  @Test("A stored value carries the server's time and lives as long as it says; the record outlives it")
  func lifetime() async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      #expect(try await Self.fill(rig, lease, Self.loaded("body", lsn: 77)) == .stored)
      let time = try #require(try await rig.redis.execute(RedisCommand("TIME")).array?[0].integer)
      let reply = try await rig.redis.execute(RedisCommand("GET", RedisArgument(rig.entry().valueKey)))
      var bytes = try #require(reply.bytes)
      let header = try #require(CachedValueHeader(reading: &bytes))
      #expect(String(buffer: bytes) == "body")
      #expect(abs(Int64(header.createdAt) - time * 1000) < 5_000)
      #expect(
        (header.lsn, header.fillCost, header.timeToLive, header.softTimeToLive) == (77, 7, 300_000, 240_000))
      let value = try await rig.redis.execute(RedisCommand("PTTL", RedisArgument(rig.entry().valueKey)))
      #expect((295_000...300_000).contains(try #require(value.integer)))
      let record = try await rig.redis.execute(RedisCommand("PTTL", RedisArgument(rig.entry().epochKey)))
      #expect((895_000...900_000).contains(try #require(record.integer)))
    }
  }

  @Test(
    "A key of another type counts as missing, for readers and scripts, and is replaced when it is written")
  func foreignTypes() async throws {
    try await CacheRig.with { rig in
      let entry = rig.entry()
      let database = Database()
      for foreign in [
        [entry.epochKey], [entry.valueKey], [entry.leaseKey], [entry.epochKey, entry.valueKey],
      ] {
        for key in foreign {
          try await rig.delete(key)
          _ = try await rig.redis.execute(RedisCommand("RPUSH", RedisArgument(key), "no string"))
        }
        #expect(await rig.cache.invalidate([rig.conversation], lsn: 5).isConfirmed)
        let status = try await rig.read(database).status
        #expect(status == .miss || status == .stale, "\(foreign): \(status)")
        #expect(try await eventually { try await rig.read(database).status.isHit }, "\(foreign)")
      }
      _ = try await rig.redis.execute(RedisCommand("DEL", RedisArgument(rig.keys.watermark)))
      _ = try await rig.redis.execute(RedisCommand("RPUSH", RedisArgument(rig.keys.watermark), "no string"))
      try await rig.vouch()
      #expect(try await rig.read(database).status.isHit)
    }
  }

  @Test("Scripts and readers agree on which bytes are a whole value")
  func wholeValues() async throws {
    try await CacheRig.with { rig in
      let lease = try await Self.lease(rig)
      let value = try #require(
        StorableValue(Self.loaded("body", lsn: 77), epoch: lease.epoch, settings: .patient, jitter: 0))
      for length in 0...value.bytes.readableBytes + 1 {
        var bytes = value.bytes
        if length > bytes.readableBytes { bytes.writeString("x") }
        bytes = bytes.getSlice(at: 0, length: length) ?? bytes
        _ = try await rig.redis.execute(
          RedisCommand("SET", RedisArgument(rig.entry().valueKey), RedisArgument(bytes)))
        let acquisition = try await rig.server.acquire(
          rig.entry(), leaseDuration: .seconds(30), timeout: .seconds(10))
        let verdict = try await rig.server.look(at: rig.entry(), timeout: .seconds(10)).verdict
        let isWhole = length == value.bytes.readableBytes
        #expect(acquisition.isHit == isWhole, "\(length) bytes")
        #expect(verdict.isHit == isWhole, "\(length) bytes")
      }
    }
  }
}

extension Acquisition {
  fileprivate var isHit: Bool { if case .hit = self { true } else { false } }
}

extension CacheVerdict {
  fileprivate var isHit: Bool { if case .hit = self { true } else { false } }
}

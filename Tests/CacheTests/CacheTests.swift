import Conversations
import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

@Suite("Cache")
struct CacheTests {
  @Test("The first read loads, the second is a hit with the same answer")
  func missThenHit() async throws {
    try await CacheRig.with { rig in
      let load: Cache.Load = { _ in CacheLoad(body: ByteBuffer(string: "{}"), owner: "anna") }
      let first = try await rig.cache.read(rig.conversation, .body, load: load)
      #expect(first.status == .miss)
      #expect(try await rig.events.has(.fill(.stored)))
      let second = try await rig.cache.read(rig.conversation, .body) { _ in throw Database.Unreachable() }
      #expect(second.value == first.value)
      #expect(second.value.owner == "anna")
      guard case .hit(let ttl, isVerified: true) = second.status else {
        Issue.record("\(second.status)")
        return
      }
      #expect((268...300).contains(ttl))
    }
  }

  @Test("Equal bytes have equal ETags on every instance")
  func etags() async throws {
    try await CacheRig.with(instances: 2) { rig in
      let tags = try await [(0, "a"), (1, "a"), (1, "b")].asyncMap { instance, text in
        try await rig.caches[instance].read(.user(.init(stored: "\(instance)\(text)")), .body) { _ in
          CacheLoad(body: ByteBuffer(string: text))
        }.value.etag
      }
      #expect(tags[0] == tags[1])
      #expect(tags[1] != tags[2])
    }
  }

  @Test("A read after an invalidation sees the new data, on every instance and field")
  func invalidation() async throws {
    try await CacheRig.with(instances: 2) { rig in
      let database = Database()
      let page = CacheField.messages(page: 1, limit: 50)
      for field in [CacheField.body, page] {
        _ = try await rig.read(database, field: field)
        #expect(try await eventually { try await rig.read(database, instance: 1, field: field).status.isHit })
      }
      await database.write()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 101).isConfirmed)
      for field in [CacheField.body, page] {
        let answer = try await rig.read(database, instance: 1, field: field)
        #expect(answer.version == 1)
        #expect(answer.status == .stale)
      }
    }
  }

  @Test("A fill that was read before an invalidation is refused")
  func staleFill() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      await database.hold()
      async let early = try await rig.read(database)
      #expect(try await eventually { await database.loads == 1 })
      await database.write()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 101).isConfirmed)
      await database.release()
      #expect(try await early.version == 0)
      #expect(try await rig.events.has(.fill(.stale)))
      #expect(try await rig.read(database).version == 1)
    }
  }

  @Test("A reader who comes after an invalidation does not share a load from before it")
  func flightsEndWithTheirEpoch() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      await database.hold()
      async let early = try await rig.read(database)
      #expect(try await eventually { await database.loads == 1 })
      await database.write()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 101).isConfirmed)
      async let late = try await rig.read(database)
      #expect(try await eventually { await database.loads == 2 })
      await database.release()
      #expect(try await early.version == 0)
      #expect(try await late.version == 1)
    }
  }

  @Test("Two hundred readers of one cold key over three instances cost one load")
  func oneLoad() async throws {
    var settings = CacheSettings.patient
    settings.waitLimit = .seconds(20)
    settings.leaseDuration = .seconds(30)
    try await CacheRig.with(instances: 3, settings: settings) { rig in
      let database = Database()
      await database.hold()
      let versions = try await withThrowingTaskGroup { group in
        for reader in 0..<200 {
          group.addTask { try await rig.read(database, instance: reader % 3).version }
        }
        #expect(try await eventually { await database.loads == 1 })
        // The crowd is to gather; without it the test is easier, not wrong.
        try await Task.sleep(for: .milliseconds(50))
        await database.release()
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(versions == Array(repeating: 0, count: 200))
      #expect(await database.loads == 1)
    }
  }

  @Test(
    "Losing any key at any point costs a load at most, never an old answer", arguments: 0..<3, [true, false])
  func eviction(key: Int, duringTheLoad: Bool) async throws {
    try await CacheRig.with { rig in
      let database = Database()
      let entry = rig.entry()
      let victim = [entry.epochKey, entry.valueKey, entry.leaseKey][key]
      await database.hold()
      async let first = try await rig.read(database)
      #expect(try await eventually { await database.loads == 1 })
      if duringTheLoad { try await rig.delete(victim) }
      await database.release()
      _ = try await first
      #expect(try await eventually { !rig.events.events.isEmpty })
      if !duringTheLoad { try await rig.delete(victim) }
      #expect(try await rig.read(database).version == 0)
      await database.write()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: nil).isConfirmed)
      #expect(try await rig.read(database).version == 1)
      #expect(try await eventually { try await rig.read(database).status.isHit })
    }
  }

  @Test("Foreign bytes under a key of ours are a miss and are replaced")
  func foreignBytes() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      let entry = rig.entry()
      for key in [entry.valueKey, entry.epochKey, entry.leaseKey] {
        _ = try await rig.redis.execute(RedisCommand("SET", RedisArgument(key), "something|else"))
      }
      #expect(try await rig.read(database).version == 0)
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(try await rig.read(database).status.isHit)
    }
  }

  @Test("A load may use a replica once the floor is known; one that is behind is asked for the primary")
  func replica() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(await database.sources == [.primary])
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 500).isConfirmed)
      let sources = SourceLog()
      let answer = try await rig.cache.read(rig.conversation, .body) { source in
        await sources.append(source)
        let isPrimary = source == .primary
        return CacheLoad(
          body: ByteBuffer(string: isPrimary ? "new" : "old"), lsn: isPrimary ? 600 : 499,
          isPrimary: isPrimary)
      }
      #expect(String(buffer: answer.value.body) == "new")
      #expect(await sources.sources == [.replica(atLeast: 500), .primary])
    }
  }

  @Test("A load that answers from a replica although told not to is an error")
  func disobedientLoad() async throws {
    try await CacheRig.with { rig in
      await #expect(throws: CacheError.self) {
        try await rig.cache.read(rig.conversation, .body) { _ in
          CacheLoad(body: ByteBuffer(string: "old"), lsn: 1, isPrimary: false)
        }
      }
    }
  }

  @Test("A reader that is cancelled leaves; the load goes on for the others")
  func cancellation() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      await database.hold()
      let first = Task { try await rig.read(database) }
      #expect(try await eventually { await database.loads == 1 })
      async let second = try await rig.read(database)
      first.cancel()
      await #expect(throws: CancellationError.self) { try await first.value }
      await database.release()
      #expect(try await second.version == 0)
      #expect(await database.loads == 1)
    }
  }

  @Test("An invalidation goes on when its caller is cancelled, and each send has an epoch of its own")
  func invalidationEpochs() async throws {
    try await CacheRig.with { rig in
      _ = try await rig.read(Database())
      #expect(try await rig.events.has(.fill(.stored)))
      var epochs: Set<CacheEpoch> = []
      for _ in 0..<3 {
        let sent = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return await rig.cache.invalidate([rig.conversation], lsn: 7)
        }
        #expect(await sent.value.isConfirmed)
        let reply = try await rig.redis.execute(RedisCommand("GET", RedisArgument(rig.entry().epochKey)))
        epochs.insert(try #require(reply.bytes.flatMap(EpochRecord.init)).epoch)
      }
      #expect(epochs.count == 3)
    }
  }

  @Test("Switched off, nothing is read from Redis or stored there; writes are made known to it all the same")
  func off() async throws {
    var settings = CacheSettings.patient
    settings.mode = .off
    try await CacheRig.with(settings: settings) { rig in
      let database = Database()
      #expect(try await rig.read(database).status == .bypass(.off))
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 1).isConfirmed)
      let keys = try await rig.redis.execute(
        RedisCommand("EXISTS", RedisArgument(rig.entry().epochKey), RedisArgument(rig.entry().valueKey)))
      #expect(keys.integer == 0)
      let epoch = RedisArgument(rig.entry().epochKey)
      let before = "\(CacheEpoch.random().text)|?"
      _ = try await rig.redis.execute(RedisCommand("SET", epoch, RedisArgument(before)))
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 1).isConfirmed)
      #expect(try await rig.redis.execute(RedisCommand("GET", epoch)).string != before)
    }
  }
}

/// Where a load was sent.
actor SourceLog {
  private(set) var sources: [CacheLoadSource] = []
  func append(_ source: CacheLoadSource) { sources.append(source) }
}

extension Sequence {
  fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}

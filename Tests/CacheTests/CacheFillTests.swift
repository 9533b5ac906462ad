import Keyspace
import NIOCore
import TestSupport
import Testing

@testable import Cache

/// Who loads, who waits, and what is stored for how long.
@Suite("Cache fills")
struct CacheFillTests {
  @Test(
    "A lease is held by one instance; the other answers from the primary after its wait and stores nothing")
  func leaseExclusivity() async throws {
    try await CacheRig.with(instances: 2) { rig in
      let slow = Database()
      let other = Database()
      await slow.hold()
      async let first = try await rig.read(slow, instance: 0)
      #expect(try await eventually { await slow.loads == 1 })
      #expect(try await rig.read(other, instance: 1).version == 0)
      #expect(await other.sources == [.primary])
      #expect(rig.events.events == [.read(.miss)])
      await slow.release()
      _ = try await first
      #expect(try await rig.events.has(.fill(.stored)))
    }
  }

  @Test("An expired lease passes to whoever waits, who fills")
  func leaseExpiry() async throws {
    var settings = CacheSettings.patient
    settings.leaseDuration = .milliseconds(60)
    settings.waitLimit = .seconds(20)
    try await CacheRig.with(instances: 2, settings: settings) { rig in
      let stuck = Database()
      await stuck.hold()
      async let first = try await rig.read(stuck, instance: 0)
      #expect(try await eventually { await stuck.loads == 1 })
      #expect(try await rig.read(Database(), instance: 1).version == 0)
      #expect(try await rig.events.has(.fill(.stored)))
      await stuck.release()
      _ = try await first
    }
  }

  @Test("A failed load is thrown to all who wait for it, and the next read may load again")
  func failedLoad() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      await database.hold()
      await database.disconnect()
      try await withThrowingTaskGroup { group in
        for _ in 0..<5 {
          group.addTask {
            await #expect(throws: Database.Unreachable.self) { try await rig.read(database) }
          }
        }
        #expect(try await eventually { await database.loads >= 1 })
        await database.release()
        try await group.waitForAll()
      }
      #expect(try await rig.events.has(.fill(.released)))
      await database.reconnect()
      #expect(try await rig.read(database).version == 0)
      #expect(try await rig.events.has(.fill(.stored)))
    }
  }

  @Test("Absence is cached, for 15 to 30 seconds")
  func negativeEntry() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      await database.remove()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      let answer = try await rig.cache.read(rig.conversation, .body) { _ in
        throw Database.Unreachable()
      }
      #expect(answer.value.status == 404)
      guard case .hit(let ttl, isVerified: true) = answer.status else {
        Issue.record("\(answer.status)")
        return
      }
      #expect((14...30).contains(ttl))
      await database.insert()
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 7).isConfirmed)
      #expect(try await rig.read(database).status == .stale)
    }
  }

  @Test("Statuses other than 200 and 404 and values over the limit are answered and not stored")
  func unstorable() async throws {
    var settings = CacheSettings.patient
    settings.maximumValueBytes = 1_000
    try await CacheRig.with(settings: settings) { rig in
      let database = Database()
      await database.pad(to: 1_000)
      #expect(try await rig.read(database).version == 0)
      #expect(try await rig.events.has(.fill(.released)))
      let gone = try await rig.cache.read(rig.conversation, .messages(page: 1, limit: 2)) { _ in
        CacheLoad(status: 410, body: ByteBuffer(string: "gone"))
      }
      #expect(gone.value.status == 410)
      #expect(try await rig.events.has(.fill(.released), times: 2))
      #expect(rig.events.count(.fill(.stored)) == 0)
      #expect(try await rig.read(database).status == .miss)
    }
  }

  @Test("A value past its soft TTL is served, and loaded anew once in the background over all instances")
  func refresh() async throws {
    var settings = CacheSettings.patient
    settings.softFraction = 0
    try await CacheRig.with(instances: 2, settings: settings) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      await database.hold()
      for reader in 0..<10 { #expect(try await rig.read(database, instance: reader % 2).status.isHit) }
      #expect(try await eventually { await database.loads == 2 })
      for reader in 0..<10 { #expect(try await rig.read(database, instance: reader % 2).version == 0) }
      #expect(await database.loads == 2)
      #expect(rig.events.count(.refreshStarted) == 1)
      await database.release()
      #expect(try await rig.events.has(.fill(.stored), times: 2))
    }
  }

  @Test("A refresh that fails leaves the value, and is not repeated while its lease lasts")
  func failedRefresh() async throws {
    var settings = CacheSettings.patient
    settings.softFraction = 0
    settings.leaseDuration = .seconds(30)
    try await CacheRig.with(settings: settings) { rig in
      let database = Database()
      _ = try await rig.read(database)
      #expect(try await rig.events.has(.fill(.stored)))
      await database.disconnect()
      #expect(try await rig.read(database).status.isHit)
      #expect(try await rig.events.has(.refreshFailed))
      for _ in 0..<5 { #expect(try await rig.read(database).status.isHit) }
      #expect(await database.loads == 2)
    }
  }
}

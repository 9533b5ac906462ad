import Keyspace
import NIOCore
import Redis
import Testing

@testable import Cache

/// The whole of `Cache`, flights and all, with everything at once; the order is the machine's.
@Suite("Cache under load")
struct CacheConcurrencyTests {
  private static let fields = [CacheField.body, .messages(page: 1, limit: 50)]

  @Test("Three instances, readers, a writer and evictions at once: no read shows less than was acknowledged")
  func neverStale() async throws {
    try await CacheRig.with(instances: 3) { rig in
      let database = Database()
      let acknowledged = Counter()
      let hits = Counter()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for reader in 0..<24 {
          group.addTask {
            for round in 0..<80 {
              let required = await acknowledged.value
              let answer = try await Self.read(rig, database, instance: reader % 3, field: round % 2)
              #expect(answer.version >= required)
              if answer.status.isHit { await hits.increment() }
            }
          }
        }
        group.addTask {
          for _ in 0..<60 {
            await database.write()
            #expect(await rig.caches[1].invalidate([rig.conversation], lsn: nil).isConfirmed)
            await acknowledged.increment()
            for _ in 0..<20 { _ = try await rig.redis.execute(RedisCommand("PING")) }
          }
        }
        group.addTask {
          for round in 0..<60 {
            let entry = rig.entry(Self.fields[round % 2])
            try await rig.delete([entry.epochKey, entry.valueKey, entry.leaseKey][round % 3])
            for _ in 0..<15 { _ = try await rig.redis.execute(RedisCommand("PING")) }
          }
        }
        try await group.waitForAll()
      }
      #expect(await hits.value > 100)
    }
  }

  /// A load that is held up for a moment after it has read.
  private static func read(
    _ rig: CacheRig, _ database: Database, instance: Int, field: Int
  ) async throws -> (version: Int, status: CacheStatus) {
    let answer = try await rig.caches[instance].read(rig.conversation, fields[field]) { source in
      let load = try await database.load(source)
      for _ in 0..<Int.random(in: 0...100) { await Task.yield() }
      return load
    }
    return (Int(String(buffer: answer.value.body)) ?? -1, answer.status)
  }
}

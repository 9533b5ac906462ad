import TestSupport
import Testing

@testable import Cache

@Suite("DirectLoads")
struct DirectLoadsTests {
  @Test("Whoever comes while a key is read shares the next load, never the one that has begun")
  func nextLoad() async throws {
    let loads = DirectLoads<String, Int>(limit: 4)
    let database = Database()
    await database.hold()
    let load: @Sendable () async throws -> Int = { Int(try await database.load(.primary).lsn ?? 0) }
    async let first = try await loads.value(for: "key", load: load)
    #expect(try await eventually { await database.loads == 1 })
    await database.write()
    let late = try await withThrowingTaskGroup { group in
      let arrived = Counter()
      for _ in 0..<20 {
        group.addTask {
          await arrived.increment()
          return try await loads.value(for: "key", load: load)
        }
      }
      #expect(try await eventually { await arrived.value == 20 })
      await database.release()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(try await first == 100)
    #expect(late == Array(repeating: 101, count: 20))
    #expect(await database.loads < 21)
  }

  @Test("The limit counts keys, and a place is free again after success and failure alike")
  func limit() async throws {
    let loads = DirectLoads<String, Int>(limit: 1)
    for _ in 0..<3 {
      await #expect(throws: Database.Unreachable.self) {
        try await loads.value(for: "key") { throw Database.Unreachable() }
      }
      #expect(try await loads.value(for: "other") { 1 } == 1)
      await #expect(throws: CacheError.self) {
        try await loads.value(for: "key") { try await loads.value(for: "other") { 1 } }
      }
    }
  }

  @Test("A load nobody waits for any more is not begun")
  func abandoned() async throws {
    let loads = DirectLoads<String, Int>(limit: 1)
    let database = Database()
    await database.hold()
    async let first = try await loads.value(for: "key") { Int(try await database.load(.primary).lsn ?? 0) }
    #expect(try await eventually { await database.loads == 1 })
    let second = Task { try await loads.value(for: "key") { throw Database.Unreachable() } }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    await database.release()
    #expect(try await first == 100)
    #expect(try await loads.value(for: "other") { 1 } == 1)
  }
}

/// How many have come so far.
actor Counter {
  private(set) var value = 0
  func increment() { value += 1 }
}

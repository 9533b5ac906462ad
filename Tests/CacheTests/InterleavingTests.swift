import Glibc
import Redis
import Testing

@testable import Cache

/// `CACHE_TEST_SEED` repeats one seed, `CACHE_TEST_SEEDS` runs another number of them.
@Suite("Cache, interleaved at random")
struct InterleavingTests {
  private static let first = environment("CACHE_TEST_SEED")
  private static let count = environment("CACHE_TEST_SEEDS") ?? 400

  @Test("No read that begins after an acknowledged write shows less")
  func neverStale() async throws {
    let seeds = Self.first.map { $0...$0 } ?? 1...Self.count
    let tally = try await Self.run(seeds, .none)
    #expect(tally.stale == [], "seeds \(seeds)")
    guard Self.first == nil else { return }
    // What did not happen was not tested.
    #expect(tally.reads > 20 * seeds.count)
    #expect(tally.hits > seeds.count)
    #expect(tally.joined > seeds.count)
    #expect(tally.refreshes > 0)
    for outcome in [CacheEvent.FillOutcome.stored, .stale] {
      #expect(tally.fills[outcome, default: 0] > 0, "\(outcome)")
    }
  }

  @Test("Equal seeds give equal runs")
  func repeatable() async throws {
    let first = try await Self.run(7...7, .none)
    #expect(first.reads > 0)
    #expect(try await Self.run(7...7, .none) == first)
  }

  @Test("The same run finds each of these faults", arguments: Mutation.all)
  func teeth(mutation: Mutation) async throws {
    var tally = InterleavingModel.Tally()
    for start in stride(from: UInt64(1), through: 2_000, by: 100) where tally.stale.isEmpty {
      tally += try await Self.run(start...start + 99, mutation)
    }
    #expect(!tally.stale.isEmpty)
  }

  /// Several seeds at a time, so that Redis has something to do while one waits for its reply.
  private static func run(_ seeds: ClosedRange<UInt64>, _ mutation: Mutation) async throws
    -> InterleavingModel.Tally
  {
    let total = TallyBox()
    try await CacheRig.with { rig in
      let prefix = "\(rig.entry().valueKey.prefix { $0 != ":" }):"
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (position, seed) in seeds.enumerated() {
          if position >= 32 { try await group.next() }
          group.addTask {
            var model = InterleavingModel(seed: seed, mutation: mutation, redis: rig.redis, prefix: prefix)
            await total.add(try await model.run(steps: 360), seed: seed)
          }
        }
        try await group.waitForAll()
      }
    }
    return await total.tally
  }

  private static func environment(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// Adds up what runs at the same time.
actor TallyBox {
  private(set) var tally = InterleavingModel.Tally()

  func add(_ other: InterleavingModel.Tally, seed: UInt64) {
    var other = other
    other.stale = other.stale.map { "CACHE_TEST_SEED=\(seed): \($0)" }
    tally += other
  }
}

import Glibc
import Redis
import Testing

@testable import Cache

/// `CACHE_TEST_SEED` repeats one seed, `CACHE_TEST_SEEDS` runs another number of them, and all mutations over all of
/// them.
@Suite("Cache, interleaved at random")
struct InterleavingTests {
  private static let first = environment("CACHE_TEST_SEED")
  private static let wanted = environment("CACHE_TEST_SEEDS")
  private static let seeds = first.map { $0...$0 } ?? 1...(wanted ?? 300)

  @Test("No read that begins after an acknowledged write shows less")
  func neverStale() async throws {
    let tally = try await Self.run(Self.seeds, .none).tally
    #expect(tally.stale == [])
    print(Self.line(Mutation.none.name, seeds: Self.seeds.count, noticed: 0, "\(tally.summary)"))
    guard Self.first == nil else { return }
    // What did not happen was not tested.
    #expect(tally.reads > 20 * Self.seeds.count)
    #expect(tally.hits > Self.seeds.count)
    #expect(tally.joined > Self.seeds.count)
    #expect(tally.refreshes > Self.seeds.count / 10)
    #expect(tally.untrusted > Self.seeds.count / 10)
    #expect(tally.relayed > Self.seeds.count / 10)
    for outcome in [CacheEvent.FillOutcome.stored, .stale] {
      #expect(tally.fills[outcome, default: 0] > 0, "\(outcome)")
    }
  }

  @Test("Equal seeds give equal runs")
  func repeatable() async throws {
    let first = try await Self.run(7...7, .none).tally
    #expect(first.reads > 0)
    #expect(try await Self.run(7...7, .none).tally == first)
  }

  @Test("The protocol passes each directed schedule", arguments: DirectedSchedule.all)
  func directed(schedule: DirectedSchedule) async throws {
    let tally = try await Self.play(schedule, .none)
    #expect(tally.reads > 0)
    #expect(tally.stale == [])
  }

  @Test(
    "Each fault is noticed, on the seeds that the protocol passes or by its schedule", arguments: Mutation.all
  )
  func teeth(mutation: Mutation) async throws {
    var isNoticed = false
    if let schedule = mutation.schedule {
      isNoticed = try await !Self.play(schedule, mutation).stale.isEmpty
      #expect(isNoticed, "the schedule: \(schedule.name)")
    }
    let (seeds, noticed) = try await Self.chance(mutation)
    #expect(isNoticed || noticed > 0)
    print(Self.line(mutation.name, seeds: seeds, noticed: noticed, isNoticed ? "by its schedule" : ""))
  }

  /// How many seeds notice it: of all that are asked for, else of as many as the first one takes, and of none for one
  /// with a schedule.
  private static func chance(_ mutation: Mutation) async throws -> (seeds: Int, noticed: Int) {
    if wanted == nil, mutation.schedule != nil { return (0, 0) }
    var count = (seeds: 0, noticed: 0)
    for start in stride(from: seeds.lowerBound, through: seeds.upperBound, by: 50)
    where wanted != nil || count.noticed == 0 {
      let part = start...min(start + 49, seeds.upperBound)
      count.seeds += part.count
      count.noticed += try await run(part, mutation).noticed
    }
    return count
  }

  /// Several seeds at a time, so that Redis has something to do while one waits for its reply.
  private static func run(
    _ seeds: ClosedRange<UInt64>, _ mutation: Mutation
  ) async throws -> (tally: InterleavingTally, noticed: Int) {
    let total = TallyBox()
    try await CacheRig.with { rig in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (position, seed) in seeds.enumerated() {
          if position >= 32 { try await group.next() }
          group.addTask {
            var model = InterleavingModel(
              seed: seed, odds: .odds(seed: seed), mutation: mutation, redis: rig.redis, prefix: rig.prefix)
            await total.add(try await model.run(steps: 360), seed: seed)
          }
        }
        try await group.waitForAll()
      }
    }
    return await (total.tally, total.noticed)
  }

  private static func play(
    _ schedule: DirectedSchedule, _ mutation: Mutation
  ) async throws -> InterleavingTally {
    let total = TallyBox()
    try await CacheRig.with { rig in
      var model = InterleavingModel(
        seed: 0, odds: .none, mutation: mutation, redis: rig.redis, prefix: rig.prefix)
      try await model.vouch()
      try await schedule.play(&model)
      try await model.cleanUp()
      await total.add(model.tally, seed: 0)
    }
    return await total.tally
  }

  private static func line(_ name: String, seeds: Int, noticed: Int, _ remark: String) -> String {
    let figures = seeds == 0 ? "no seeds" : "noticed on \(noticed) of \(seeds) seeds"
    return "  \(name): \(figures)\(remark.isEmpty ? "" : ", \(remark)")"
  }

  private static func environment(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// Adds up what runs at the same time.
actor TallyBox {
  private(set) var tally = InterleavingTally()
  /// The seeds with a stale read.
  private(set) var noticed = 0

  func add(_ other: InterleavingTally, seed: UInt64) {
    var other = other
    if !other.stale.isEmpty { noticed += 1 }
    other.stale = other.stale.map { "CACHE_TEST_SEED=\(seed): \($0)" }
    tally += other
  }
}

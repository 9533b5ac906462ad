import Glibc
import Keyspace
import Redis
import TestSupport
import Testing

@testable import Cache

/// What B promises, whatever happens to the servers. `CACHE_TEST_SEED` and `CACHE_TEST_SEEDS` as for the interleavings.
@Suite("Cache, servers that come and go")
struct FenceTests {
  private static let first = environment("CACHE_TEST_SEED")
  private static let wanted = environment("CACHE_TEST_SEEDS")
  private static let seeds = first.map { $0...$0 } ?? 1...(wanted ?? 40)

  @Test("Nothing is served that is older than the bound")
  func bounded() async throws {
    let tally = try await Self.run(Self.seeds, .none).tally
    #expect(tally.stale == [])
    print(
      "  none: \(tally.stale.count) of \(tally.reads) reads older than the bound, \(tally.hits) hits,"
        + " \(tally.hitsAfterwards) of them after a takeover, \(tally.untrusted) refused")
    guard Self.first == nil else { return }
    // What did not happen was not tested.
    #expect(tally.hits > 50 * Self.seeds.count)
    #expect(tally.hitsAfterwards > 10 * Self.seeds.count)
    #expect(tally.untrusted > 10 * Self.seeds.count)
  }

  @Test("Equal seeds give equal runs")
  func repeatable() async throws {
    let first = try await Self.run(7...7, .none).tally
    #expect(first.reads > 0)
    #expect(try await Self.run(7...7, .none).tally == first)
  }

  @Test("The fence passes each directed schedule", arguments: FenceSchedule.all)
  func directed(schedule: FenceSchedule) async throws {
    let tally = try await Self.play(schedule, .none)
    #expect(tally.reads > 0)
    #expect(tally.stale == [])
  }

  @Test(
    "Each fault is noticed, on the seeds that the fence passes or by its schedule", arguments: FenceFault.all)
  func teeth(fault: FenceFault) async throws {
    var remark = ""
    if let schedule = fault.schedule {
      let isNoticed = try await !Self.play(schedule, fault).stale.isEmpty
      #expect(isNoticed, "the schedule: \(schedule.name)")
      if Self.wanted == nil { return print("  \(fault.name): noticed by its schedule") }
      remark = ", by its schedule"
    }
    var count = (seeds: 0, noticed: 0)
    for start in stride(from: Self.seeds.lowerBound, through: Self.seeds.upperBound, by: 10)
    where Self.wanted != nil || count.noticed == 0 {
      let part = start...min(start + 9, Self.seeds.upperBound)
      count.seeds += part.count
      count.noticed += try await Self.run(part, fault).noticed
    }
    #expect(count.noticed > 0 || fault.schedule != nil)
    print("  \(fault.name): noticed on \(count.noticed) of \(count.seeds) seeds\(remark)")
  }

  private static func run(
    _ seeds: ClosedRange<UInt64>, _ fault: FenceFault
  ) async throws -> (tally: FenceTally, noticed: Int) {
    let total = FenceTallyBox()
    try await FenceRig.with { rig in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (position, seed) in seeds.enumerated() {
          if position >= 16 { try await group.next() }
          group.addTask {
            let (nodes, start) = try await rig.nodes("\(seed)", fault.scripts)
            let model = FenceModel(seed: seed, plan: nil, fault: fault, nodes: nodes, start: start)
            var run = FenceRun(model)
            await total.add(try await run.run(), seed: seed)
          }
        }
        try await group.waitForAll()
      }
    }
    return await (total.tally, total.noticed)
  }

  private static func play(_ schedule: FenceSchedule, _ fault: FenceFault) async throws -> FenceTally {
    let total = FenceTallyBox()
    try await FenceRig.with { rig in
      let (nodes, start) = try await rig.nodes("directed", fault.scripts)
      var model = FenceModel(seed: 0, plan: .calm, fault: fault, nodes: nodes, start: start)
      try await schedule.play(&model)
      await total.add(model.tally, seed: 0)
    }
    return await total.tally
  }

  private static func environment(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
  }
}

/// Adds up what runs at the same time.
private actor FenceTallyBox {
  private(set) var tally = FenceTally()
  /// The seeds with an answer that was too old.
  private(set) var noticed = 0

  func add(_ other: FenceTally, seed: UInt64) {
    var other = other
    if !other.stale.isEmpty { noticed += 1 }
    other.stale = other.stale.map { "CACHE_TEST_SEED=\(seed): \($0)" }
    tally += other
  }
}

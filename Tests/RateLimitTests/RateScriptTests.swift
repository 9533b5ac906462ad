import Foundation
import Keyspace
import Redis
import Testing

@testable import RateLimit

/// The scripts on a real Redis against their models, and both against the promise itself.
@Suite("Rate limit scripts")
struct RateScriptTests {
  private static let quotas = [
    (1, 1), (2, 1), (7, 3), (100, 60), (500, 1), (500, 3600), (501, 1), (777, 10), (2000, 60), (100_000, 60),
  ].map { Quota(requests: $0.0, windowSeconds: $0.1) }

  @Test(
    "Redis decides as the model does, at any moments, and never admits more than the limit in any window",
    arguments: quotas)
  func model(quota: Quota) async throws {
    let seed = SeededRandom.seed(ProcessInfo.processInfo.environment["FRESHET_SEED"])
    print("rate limit of \(quota.requests) in \(quota.windowSeconds) s: seed \(seed)")
    var random = SeededRandom(seed)
    let moments = Self.moments(4000, quota, &random)
    try await RateRig.with { rig in
      let decisions = try await rig.decide(quota, at: moments, for: rig.subject)
      var model: any SlidingWindow = quota.usesLog ? SlidingLog() : SlidingCounter()
      for (moment, decision) in zip(moments, decisions) {
        let expected = model.admit(now: moment, quota)
        try #require(decision == expected, "seed \(seed), at \(moment)")
      }
      try Self.audit(zip(moments, decisions).map { ($0, $1) }, quota, "seed \(seed)")
    }
  }

  /// Bursts, a steady stream around the limit, pauses around the window, moments exactly a window after another.
  private static func moments(
    _ count: Int, _ quota: Quota, _ random: inout SeededRandom
  ) -> [Microseconds] {
    let fair = quota.window / Int64(quota.requests)
    var moments: [Microseconds] = [1_795_000_000_000_000 + .random(in: 0..<1_000_000, using: &random)]
    while moments.count < count {
      let last = moments[moments.count - 1]
      switch Int.random(in: 0..<100, using: &random) {
      case 0: moments.append(last + .random(in: 0...(2 * quota.window), using: &random))
      case 1: moments.append(max(last, moments[.random(in: moments.indices, using: &random)] + quota.window))
      case 2:
        moments.append(max(last, moments[.random(in: moments.indices, using: &random)] + quota.window - 1))
      case 3...10: moments += repeatElement(last, count: min(quota.requests, 20))
      case 11...30: moments.append(last + .random(in: 0...2, using: &random))
      default: moments.append(last + .random(in: (fair / 2)...(fair + fair / 2), using: &random))
      }
    }
    return moments
  }

  /// Counts afresh from the decisions alone.
  private static func audit(
    _ run: [(moment: Microseconds, decision: RateDecision)], _ quota: Quota, _ comment: Comment
  ) throws {
    var admitted: [Microseconds] = []
    for (moment, decision) in run {
      if decision.isAdmitted {
        if admitted.count >= quota.requests {
          let first = admitted[admitted.count - quota.requests]
          try #require(moment - first >= quota.window, comment)
        }
        admitted.append(moment)
      } else {
        // Only a full window is a reason; the cells of the counter make it longer by two of them at most.
        let window = quota.usesLog ? quota.window : quota.window + quota.window / 50
        try #require(
          admitted.suffix(quota.requests).filter { moment - $0 < window }.count == quota.requests, comment)
      }
    }
    try #require(admitted.count >= min(quota.requests, run.count) / 2, comment)
  }

  @Test(
    "A client that is 2 % too fast gets 98 % of what is allowed",
    arguments: [Quota(requests: 100, windowSeconds: 60), Quota(requests: 1000, windowSeconds: 60)])
  func slightlyTooFast(quota: Quota) async throws {
    try await RateRig.with { rig in
      let interval = Double(quota.window) / Double(quota.requests) / 1.02
      let windows = 10
      let moments = (0..<(quota.requests * windows)).map { Microseconds(Double($0) * interval) }
      let decisions = try await rig.decide(quota, at: moments, for: rig.subject)
      let admitted = decisions.filter(\.isAdmitted).count
      let allowed = Double(quota.requests) * Double(moments[moments.count - 1]) / Double(quota.window)
      #expect(Double(admitted) >= 0.98 * allowed, "\(admitted) of \(allowed)")
    }
  }

  @Test("1.7 requests a second against 100 in 60 s, played ten times as fast: 133 of 136 at least")
  func scaled() async throws {
    let quota = Quota(requests: 100, windowSeconds: 6)
    try await RateRig.with { rig in
      let decisions = try await rig.decide(
        quota, at: (0..<136).map { Microseconds($0) * 1_000_000 / 17 }, for: rig.subject)
      #expect(decisions.filter(\.isAdmitted).count >= 133)
    }
  }

  @Test("What is told to wait for is enough, and no millisecond too much", arguments: [3, 600])
  func wait(requests: Int) async throws {
    let quota = Quota(requests: requests, windowSeconds: 10)
    try await RateRig.with { rig in
      var random = SeededRandom(7)
      for _ in 0..<20 {
        let subject = RateSubject.address("\(UInt64.random(in: 0 ... .max))")
        let moments = (0..<requests).map { _ in Microseconds.random(in: 0..<9_000_000, using: &random) }
          .sorted()
        let last = 9_500_000 as Microseconds
        let refusal = try await rig.decide(quota, at: moments + [last], for: subject)[requests]
        #expect(!refusal.isAdmitted)
        let wait = Microseconds(refusal.wait / .milliseconds(1)) * 1000
        let (early, due) = (last + wait - 1001, last + wait)
        let later = try await rig.decide(quota, at: [early, due], for: subject)
        #expect(later.map(\.isAdmitted) == [false, true])
      }
    }
  }

  @Test("A lowered limit is waited for until it holds", arguments: [(5, 2), (900, 600)])
  func lowered(before: Int, after: Int) async throws {
    try await RateRig.with { rig in
      let moments = (0..<before).map { Microseconds($0) * 300_000_000 / Int64(before) }
      let filled = try await rig.decide(
        Quota(requests: before, windowSeconds: 600), at: moments, for: rig.subject)
      #expect(filled.filter(\.isAdmitted).count == before)
      let quota = Quota(requests: after, windowSeconds: 600)
      var model: any SlidingWindow = quota.usesLog ? SlidingLog() : SlidingCounter()
      for moment in moments { _ = model.admit(now: moment, Quota(requests: before, windowSeconds: 600)) }
      for moment in stride(from: 360_000_000 as Microseconds, through: 960_000_000, by: 6_000_000) {
        let decision = try await rig.decide(quota, at: [moment], for: rig.subject)[0]
        #expect(decision == model.admit(now: moment, quota))
      }
    }
  }

  @Test("A clock that is set back delays nobody for long", arguments: [1, 501])
  func clock(requests: Int) async throws {
    let quota = Quota(requests: requests, windowSeconds: 10)
    let full = [Microseconds](repeating: 1_000_000_000, count: requests)
    let moments = full + [1_000_000_000 - 5_000_000, 1_000_000_000 - 60_000_000]
    try await RateRig.with { rig in
      let decisions = try await rig.decide(quota, at: moments, for: rig.subject)
      #expect(decisions.suffix(2).map(\.isAdmitted) == [false, true])
      var model: any SlidingWindow = quota.usesLog ? SlidingLog() : SlidingCounter()
      #expect(decisions == moments.map { model.admit(now: $0, quota) })
    }
  }

  @Test("A refused request writes nothing, and what is idle goes by itself", arguments: [2, 501])
  func footprint(requests: Int) async throws {
    let quota = Quota(requests: requests, windowSeconds: 600)
    try await RateRig.with { rig in
      let limiter = rig.limiter(quota)
      for _ in 0..<requests { try await limiter.ticket(for: rig.subject).pass() }
      let key = limiter.call(for: rig.subject).keys[0]
      let before = try await rig.redis.execute(RedisCommand("DUMP", key))
      await #expect(throws: RateLimitError.self) { try await limiter.ticket(for: rig.subject).pass() }
      #expect(try await rig.redis.execute(RedisCommand("DUMP", key)) == before)
      let life = try #require(try await rig.redis.execute(RedisCommand("PTTL", key)).integer)
      #expect((600_000...607_000).contains(life))
    }
  }
}

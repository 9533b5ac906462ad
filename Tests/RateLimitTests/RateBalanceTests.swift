import Foundation
import Testing

@testable import RateLimit

@Suite struct RateBalanceTests {
  private static let second: Microseconds = 1_000_000

  @Test("The oldest request leaves when it was said to, the others a window after it was said")
  func transcript() {
    let quota = Quota(requests: 5, windowSeconds: 10)
    let decision = RateDecision.admitted(remaining: 2, wait: 4 * Self.second)
    var window = RateBalance(decision, quota, now: 20 * Self.second).window(quota)
    #expect(
      window.admit(now: 21 * Self.second, quota) == .admitted(remaining: 1, wait: 3 * Self.second))
    #expect(
      window.admit(now: 22 * Self.second, quota) == .admitted(remaining: 0, wait: 2 * Self.second))
    #expect(window.admit(now: 23 * Self.second, quota) == .refused(wait: Self.second))
    #expect(
      window.admit(now: 24 * Self.second, quota) == .admitted(remaining: 0, wait: 6 * Self.second))
    #expect(window.admit(now: 29 * Self.second, quota) == .refused(wait: Self.second))
    #expect(
      window.admit(now: 30 * Self.second, quota) == .admitted(remaining: 1, wait: Self.second))
  }

  @Test("Whoever was refused waits as long as he was told to", arguments: [5, 600])
  func refused(requests: Int) {
    let quota = Quota(requests: requests, windowSeconds: 10)
    let now = 20 * Self.second
    var window = RateBalance(.refused(wait: 3 * Self.second), quota, now: now).window(quota)
    #expect(!window.admit(now: now + 3 * Self.second - 1, quota).isAdmitted)
    // The parts of a counter begin where they do.
    #expect(window.admit(now: now + 3 * Self.second + quota.window / 100, quota).isAdmitted)
    #expect(!window.admit(now: now + 5 * Self.second, quota).isAdmitted)
  }

  @Test(
    "Wherever Redis falls silent, there are never more than the limit in any window",
    arguments: [(1, 1), (7, 3), (100, 60), (501, 1), (2000, 60)])
  func silence(requests: Int, seconds: Int) throws {
    let quota = Quota(requests: requests, windowSeconds: seconds)
    let seed = SeededRandom.seed(ProcessInfo.processInfo.environment["FRESHET_SEED"])
    var random = SeededRandom(seed)
    for _ in 0..<20 {
      let admitted = Self.admissions(quota, &random)
      for (first, last) in zip(admitted, admitted.dropFirst(requests)) {
        try #require(last - first >= quota.window, "seed \(seed)")
      }
      try #require(admitted.count >= requests, "seed \(seed)")
    }
  }

  /// First the model of Redis decides, by a clock of its own, then what began with its last word.
  private static func admissions(_ quota: Quota, _ random: inout SeededRandom) -> [Microseconds] {
    let offset = Microseconds.random(in: 0..<1_000_000_000, using: &random)
    var redis: any SlidingWindow = quota.usesLog ? SlidingLog() : SlidingCounter()
    var admitted: [Microseconds] = []
    var balance = RateBalance.full(quota, now: quota.window)
    var now = quota.window
    func pause(_ random: inout SeededRandom) -> Microseconds {
      .random(in: 0...(2 * quota.window / Int64(quota.requests)), using: &random)
    }
    for _ in 0..<Int.random(in: 1...(2 * quota.requests), using: &random) {
      now += pause(&random)
      let decision = redis.admit(now: now + offset, quota)
      if decision.isAdmitted { admitted.append(now) }
      balance = RateBalance(decision, quota, now: now)
    }
    var window = balance.window(quota)
    for _ in 0..<(4 * quota.requests) {
      now += pause(&random) / 2
      if window.admit(now: now, quota).isAdmitted { admitted.append(now) }
    }
    return admitted
  }

  @Test(
    "A later word counts where no more is left, or the oldest request has left",
    arguments: [(2, 1, true), (3, 1, true), (4, 1, false), (4, 3, false), (4, 4, true)])
  func yields(remaining: Int, after seconds: Microseconds, doesYield: Bool) {
    let quota = Quota(requests: 5, windowSeconds: 10)
    let earlier = RateBalance(
      .admitted(remaining: 3, wait: 4 * Self.second), quota, now: 20 * Self.second)
    let later = RateBalance(
      .admitted(remaining: remaining, wait: 9 * Self.second), quota, now: (20 + seconds) * Self.second)
    #expect(earlier.yields(to: later) == doesYield)
  }

  @Test(
    "What cannot be is taken for the nearest that can",
    arguments: [
      (Int.max, Duration.milliseconds(Int64.max), 5, 30), (.min, .milliseconds(Int64.min), 0, 20),
      (9, .seconds(11), 5, 30),
    ])
  func nonsense(remaining: Int, wait: Duration, isTaken left: Int, relief: Microseconds) {
    let quota = Quota(requests: 5, windowSeconds: 10)
    let decision = RateDecision(isAdmitted: true, remaining: remaining, wait: wait)
    let balance = RateBalance(decision, quota, now: 20 * Self.second)
    #expect((balance.remaining, balance.relief) == (left, relief * Self.second))
    _ = balance.window(quota)
  }
}

import Testing

@testable import RateLimit

@Suite struct SlidingLogTests {
  private static let second: Microseconds = 1_000_000

  @Test("A request counts until the window has passed since it, to the microsecond")
  func transcript() {
    let quota = Quota(requests: 2, windowSeconds: 10)
    var log = SlidingLog()
    #expect(log.isIdle(now: 0, quota))
    #expect(log.admit(now: 0, quota) == .admitted(remaining: 1, wait: 10 * Self.second))
    #expect(log.admit(now: 4_000_001, quota) == .admitted(remaining: 0, wait: 5_999_999))
    #expect(log.admit(now: 9_999_999, quota) == .refused(wait: 1))
    #expect(log.admit(now: 10_000_000, quota) == .admitted(remaining: 0, wait: 4_000_001))
    #expect(log.admit(now: 14_000_000, quota) == .refused(wait: 1))
    #expect(!log.isIdle(now: 19_999_999, quota))
    #expect(log.isIdle(now: 20_000_000, quota))
    #expect(log.admit(now: 60 * Self.second, quota) == .admitted(remaining: 1, wait: 10 * Self.second))
  }

  @Test("A lowered limit is waited for until it holds")
  func lowered() {
    var log = SlidingLog()
    for moment in 0..<5 {
      _ = log.admit(now: Int64(moment) * Self.second, Quota(requests: 5, windowSeconds: 10))
    }
    let lower = Quota(requests: 2, windowSeconds: 10)
    #expect(log.admit(now: 5 * Self.second, lower) == .refused(wait: 8 * Self.second))
    #expect(log.admit(now: 13 * Self.second, lower).isAdmitted)
  }

  @Test("A clock that is set back delays nobody by more than two windows")
  func clock() {
    let quota = Quota(requests: 1, windowSeconds: 10)
    var log = SlidingLog()
    _ = log.admit(now: 1000 * Self.second, quota)
    #expect(log.admit(now: 995 * Self.second, quota) == .refused(wait: 15 * Self.second))
    #expect(log.admit(now: 900 * Self.second, quota).isAdmitted)
  }
}

@Suite struct SlidingCounterTests {
  private static let second: Microseconds = 1_000_000

  @Test("A cell counts until a window and a cell have passed since it began")
  func transcript() {
    let quota = Quota(requests: 1000, windowSeconds: 100)
    var counter = SlidingCounter()
    #expect(counter.isIdle(now: 0, quota))
    for number in 0..<1000 {
      #expect(
        counter.admit(now: 500_000, quota) == .admitted(remaining: 999 - number, wait: 100_500_000))
    }
    #expect(counter.admit(now: 600_000, quota) == .refused(wait: 100_400_000))
    #expect(counter.admit(now: 100_999_999, quota) == .refused(wait: 1))
    #expect(!counter.isIdle(now: 100_999_999, quota))
    #expect(counter.isIdle(now: 101_000_000, quota))
    #expect(counter.admit(now: 101_000_000, quota) == .admitted(remaining: 999, wait: 101 * Self.second))
  }

  @Test("A clock that is set back delays nobody by more than two windows")
  func clock() {
    let quota = Quota(requests: 501, windowSeconds: 100)
    var counter = SlidingCounter()
    for _ in 0..<501 { _ = counter.admit(now: 1000 * Self.second, quota) }
    #expect(counter.admit(now: 950 * Self.second, quota) == .refused(wait: 151 * Self.second))
    #expect(counter.admit(now: 800 * Self.second, quota).isAdmitted)
  }
}

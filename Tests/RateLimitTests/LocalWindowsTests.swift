import Keyspace
import Testing

@testable import RateLimit

@Suite struct LocalWindowsTests {
  private static let second: Microseconds = 1_000_000
  private static let anna = RateSubject.address("anna")

  @Test("Subjects are counted apart, and a table that is full keeps those in use as long as there is room")
  func capacity() {
    let quota = Quota(requests: 1, windowSeconds: 10)
    var windows = LocalWindows(quota)
    let late: Microseconds = 60_000_000
    for number in 0..<9_999 {
      #expect(windows.admit(.address("\(number)"), now: 0).isAdmitted)
      #expect(!windows.admit(.address("\(number)"), now: 1).isAdmitted)
    }
    #expect(windows.admit(.address("in use"), now: late).isAdmitted)
    // All the others are idle by now, and go.
    #expect(windows.admit(.address("another"), now: late).isAdmitted)
    #expect(!windows.admit(.address("in use"), now: late).isAdmitted)
  }

  @Test("When all of a full table are in use, the half that was not seen for the longest is forgotten")
  func forgetting() {
    let quota = Quota(requests: 1, windowSeconds: 10)
    var windows = LocalWindows(quota, capacity: 8)
    for number in 0..<8 {
      let decision = RateDecision.refused(wait: 10 * Self.second)
      windows.note(decision, on: .address("\(number)"), now: 20 * Self.second + Microseconds(number))
    }
    let now = 21 * Self.second
    #expect(windows.admit(Self.anna, now: now).isAdmitted)
    for number in 4..<8 { #expect(!windows.admit(.address("\(number)"), now: now).isAdmitted) }
    for number in 0..<4 { #expect(windows.admit(.address("\(number)"), now: now).isAdmitted) }
  }

  @Test("Whoever Redis has spoken of has what it left; whoever it has not, everything")
  func told() {
    let quota = Quota(requests: 5, windowSeconds: 10)
    var windows = LocalWindows(quota)
    windows.note(.admitted(remaining: 1, wait: 4 * Self.second), on: Self.anna, now: 20 * Self.second)
    #expect(
      windows.admit(Self.anna, now: 21 * Self.second) == .admitted(remaining: 0, wait: 3 * Self.second))
    #expect(windows.admit(Self.anna, now: 22 * Self.second) == .refused(wait: 2 * Self.second))
    #expect(windows.admit(.address("bert"), now: 22 * Self.second).remaining == 4)
  }

  @Test("An answer that is overtaken by another gives nothing back")
  func overtaken() {
    let quota = Quota(requests: 5, windowSeconds: 10)
    var windows = LocalWindows(quota)
    windows.note(.admitted(remaining: 1, wait: 4 * Self.second), on: Self.anna, now: 20 * Self.second)
    windows.note(.admitted(remaining: 2, wait: 4 * Self.second), on: Self.anna, now: 20 * Self.second + 1)
    #expect(windows.admit(Self.anna, now: 21 * Self.second).remaining == 0)
    // It had not heard of the last one.
    windows.note(.admitted(remaining: 1, wait: 4 * Self.second), on: Self.anna, now: 21 * Self.second + 1)
    #expect(!windows.admit(Self.anna, now: 22 * Self.second).isAdmitted)
  }

  @Test("Redis is believed again: at once when less is left, and when the oldest request has left")
  func believed() {
    let quota = Quota(requests: 5, windowSeconds: 10)
    var windows = LocalWindows(quota)
    #expect(windows.admit(Self.anna, now: 20 * Self.second).remaining == 4)
    windows.note(.admitted(remaining: 1, wait: 9 * Self.second), on: Self.anna, now: 21 * Self.second)
    #expect(windows.admit(Self.anna, now: 22 * Self.second).remaining == 0)
    windows.note(.admitted(remaining: 4, wait: 10 * Self.second), on: Self.anna, now: 30 * Self.second)
    #expect(windows.admit(Self.anna, now: 31 * Self.second).remaining == 3)
  }
}

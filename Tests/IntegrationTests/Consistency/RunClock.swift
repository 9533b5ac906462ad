import Foundation

/// A point in time of a run, by its monotonic clock.
struct Moment: Comparable, Sendable {
  /// Since the run began.
  let microseconds: Int

  init(microseconds: Int) { self.microseconds = microseconds }

  /// Before everything.
  static let distantPast = Moment(microseconds: .min / 2)

  static func < (left: Moment, right: Moment) -> Bool { left.microseconds < right.microseconds }

  static func - (later: Moment, earlier: Moment) -> Duration {
    .microseconds(later.microseconds - earlier.microseconds)
  }

  static func + (moment: Moment, time: Duration) -> Moment {
    Moment(microseconds: moment.microseconds + Int(time / .microseconds(1)))
  }
}

/// Tells the moments of a run, and translates Postgres' times of commits, which come from this machine's wall clock.
struct RunClock: Sendable {
  private let start = ContinuousClock.now
  private let startOfWallClock = Date().timeIntervalSince1970

  var now: Moment { Moment(microseconds: Int((ContinuousClock.now - start) / .microseconds(1))) }

  /// - Parameter seconds: since 1970.
  func moment(ofWallClock seconds: Double) -> Moment {
    Moment(microseconds: Int((seconds - startOfWallClock) * 1_000_000))
  }
}

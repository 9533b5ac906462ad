/// When a failed event is tried again: full jitter over exponentially growing bounds.
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. With the defaults the head of a
/// conversation waits about 7 minutes in the mean, 14 at most, before it is given up.
package struct RetryPolicy: Sendable, Equatable {
  /// The delivery after which an event is given up.
  package var maximumAttempts = 10
  package var base: Duration = .seconds(1)
  package var longest: Duration = .seconds(300)

  package init() {}

  /// The wait after the given attempt (the first is 1), or nil when there shall be no other.
  ///
  /// - Parameter jitter: a random number in `0..<1`.
  package func delay(afterAttempt attempt: Int, jitter: Double) -> Duration? {
    guard attempt < maximumAttempts else { return nil }
    let bound = attempt < 32 ? min(longest, base * (1 << max(0, attempt))) : longest
    return bound * jitter
  }
}

/// A way of counting the requests of one subject. Pure: what the scripts do in Redis, for when there is none.
protocol SlidingWindow: Sendable {
  init()

  /// Decides on a request, and takes note of it if it is admitted.
  mutating func admit(now: Microseconds, _ quota: Quota) -> RateDecision

  /// Takes note of requests that were admitted elsewhere, all at one moment, which is no earlier than any before.
  mutating func count(_ requests: Int, at moment: Microseconds, _ quota: Quota)

  /// Whether nothing counts any more, as if it had just been made.
  func isIdle(now: Microseconds, _ quota: Quota) -> Bool
}

/// How long to wait before the next attempt to connect: full jitter under a bound that doubles, so that the
/// clients of a restarted server do not return in step (Brooker, "Exponential Backoff And Jitter", AWS 2015).
struct RedisReconnectBackoff: Equatable {
  private let bounds: ClosedRange<Duration>
  private var bound: Duration

  init(_ bounds: ClosedRange<Duration>) {
    self.bounds = bounds
    bound = bounds.lowerBound
  }

  /// The wait before the next attempt; `jitter` is random in 0…1.
  mutating func next(jitter: Double) -> Duration {
    defer { bound = min(bound * 2, bounds.upperBound) }
    return bound * jitter
  }

  /// A connection ended. Only one that held counts as success: a server that hangs up on everybody is not
  /// hammered.
  mutating func connectionEnded(after lifetime: Duration) {
    if lifetime >= bounds.upperBound { bound = bounds.lowerBound }
  }
}

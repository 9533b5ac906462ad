/// How long to wait before the next attempt to reach a server that did not answer.
struct ReconnectBackoff: Sendable, Equatable {
  /// The upper bound after the first failure; doubled for each further one.
  let first: Duration
  /// The upper bound of all.
  let maximum: Duration

  /// Full jitter: anywhere between a tenth of the bound and the bound. `jitter` is from 0 up to 1.
  func delay(afterFailures failures: Int, jitter: Double) -> Duration {
    let doublings = min(max(failures - 1, 0), 20)
    let bound = min(maximum, first * (1 << doublings))
    return bound * (0.1 + 0.9 * jitter)
  }
}

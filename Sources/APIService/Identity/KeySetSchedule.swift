/// When the key set is fetched: regularly, so that a key that was withdrawn is no longer accepted; soon again after a
/// failure; and for a token with an unknown key, though not as often as anybody likes who makes up such tokens.
struct KeySetSchedule: Sendable {
  private static let period = Duration.seconds(600)
  private static let longestPause = Duration.seconds(60)
  /// Between two fetches that unknown keys cause.
  static let coolDown = Duration.seconds(10)

  private var lastFetch: ContinuousClock.Instant?
  private var failures = 0

  /// Whether a token with an unknown key may cause a fetch.
  func mayAskAgain(at now: ContinuousClock.Instant) -> Bool {
    lastFetch.map { now - $0 >= Self.coolDown } ?? true
  }

  mutating func fetched(_ succeeded: Bool, at now: ContinuousClock.Instant) {
    lastFetch = now
    failures = succeeded ? 0 : failures + 1
  }

  /// Until the next regular fetch: none before the first, and 1, 2, 4, … 60 seconds after failures.
  var pause: Duration {
    guard lastFetch != nil else { return .zero }
    return failures == 0 ? Self.period : min(.seconds(1 << min(failures - 1, 10)), Self.longestPause)
  }
}

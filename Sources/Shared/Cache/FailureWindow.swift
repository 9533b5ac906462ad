/// Successes and failures of the last ten seconds, to the second.
struct FailureWindow: Sendable {
  private struct Count: Sendable {
    var calls = 0
    var failures = 0
  }

  private static let length = 10
  private static let minimumCalls = 20

  private var seconds = [Count](repeating: Count(), count: length)
  private var total = Count()
  private var position = 0
  private var currentEnds: ContinuousClock.Instant?

  mutating func count(failure: Bool, now: ContinuousClock.Instant) {
    advance(to: now)
    seconds[position].calls += 1
    total.calls += 1
    if failure {
      seconds[position].failures += 1
      total.failures += 1
    }
  }

  /// Whether at least half of enough calls failed.
  var isFailing: Bool { total.calls >= Self.minimumCalls && total.failures * 2 >= total.calls }

  private mutating func advance(to now: ContinuousClock.Instant) {
    guard var ends = currentEnds, now < ends + .seconds(Self.length) else {
      self = FailureWindow()
      currentEnds = now + .seconds(1)
      return
    }
    while now >= ends {
      position = (position + 1) % Self.length
      total.calls -= seconds[position].calls
      total.failures -= seconds[position].failures
      seconds[position] = Count()
      ends += .seconds(1)
    }
    currentEnds = ends
  }
}

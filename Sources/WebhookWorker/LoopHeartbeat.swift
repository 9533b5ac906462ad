import NIOConcurrencyHelpers

/// When the delivery loop last completed a turn: a loop that hangs is not alive, one whose dependencies are away is.
final class LoopHeartbeat: Sendable {
  private let lastTurn = NIOLockedValueBox(ContinuousClock.now)

  func turnCompleted(at now: ContinuousClock.Instant = .now) {
    lastTurn.withLockedValue { $0 = now }
  }

  /// Whether a turn was completed within the last 30 s.
  func isBeating(at now: ContinuousClock.Instant = .now) -> Bool {
    now - lastTurn.withLockedValue { $0 } < .seconds(30)
  }
}

import NIOConcurrencyHelpers

/// When the delivery loop last moved, and since when each batch is under way.
///
/// A loop that hangs is not alive; one whose dependencies are away turns, and is.
final class LoopHeartbeat: Sendable {
  /// What does not move any more.
  enum Hang: Equatable {
    case loop(Duration)
    case batch(Duration)
  }

  /// After this long nothing can be said to be merely slow: batches are cancelled well before.
  static let limit = Duration.seconds(30)

  private struct State {
    var lastTurn: ContinuousClock.Instant
    var batches: [Int: ContinuousClock.Instant] = [:]
    var lastBatch = 0
  }

  private let state: NIOLockedValueBox<State>

  init(at now: ContinuousClock.Instant = .now) {
    state = NIOLockedValueBox(State(lastTurn: now))
  }

  func turnCompleted(at now: ContinuousClock.Instant = .now) {
    state.withLockedValue { $0.lastTurn = now }
  }

  /// - Returns: What ``batchEnded(_:)`` is to be told.
  func batchStarted(at now: ContinuousClock.Instant = .now) -> Int {
    state.withLockedValue { state in
      state.lastBatch += 1
      state.batches[state.lastBatch] = now
      return state.lastBatch
    }
  }

  func batchEnded(_ batch: Int) {
    state.withLockedValue { _ = $0.batches.removeValue(forKey: batch) }
  }

  /// What has not moved for ``limit``.
  func hang(at now: ContinuousClock.Instant = .now) -> Hang? {
    let (silence, oldest) = state.withLockedValue { state in
      (now - state.lastTurn, state.batches.values.min().map { now - $0 })
    }
    if let oldest, oldest >= Self.limit { return .batch(oldest) }
    return silence >= Self.limit ? .loop(silence) : nil
  }

  /// Since the loop last moved.
  func silence(at now: ContinuousClock.Instant = .now) -> Duration {
    state.withLockedValue { now - $0.lastTurn }
  }

  var batchesInFlight: Int { state.withLockedValue { $0.batches.count } }
}

internal import NIOConcurrencyHelpers

/// A caller that waits for the reactor. Answered exactly once: by it, or by the cancellation of its task.
final class PendingCall<Value: Sendable>: Sendable {
  typealias Outcome = Result<Value, PostgresError>

  private enum State {
    case created
    case waiting(CheckedContinuation<Outcome, Never>)
    case answered(Outcome)
    case delivered
  }

  private let state = NIOLockedValueBox(State.created)

  /// Waits for the answer. `start` hands the call to the reactor and says whether it took it; `abandon` tells
  /// it that the task was cancelled, possibly before or while `start` runs.
  nonisolated(nonsending) func wait(
    start: () -> Bool, abandon: @Sendable () -> Void
  ) async -> Outcome {
    await withTaskCancellationHandler {
      await answer(start)
    } onCancel: {
      if complete(.failure(PostgresError(.cancelled, "the task was cancelled"))) { abandon() }
    }
  }

  /// As `wait`, for what must run to its end.
  nonisolated(nonsending) func waitIgnoringCancellation(start: () -> Bool) async -> Outcome {
    await answer(start)
  }

  /// Answers. False when the caller has its answer already.
  func complete(_ outcome: Outcome) -> Bool {
    let (isFirst, continuation) = state.withLockedValue {
      state -> (Bool, CheckedContinuation<Outcome, Never>?) in
      switch state {
      case .created:
        state = .answered(outcome)
        return (true, nil)
      case .waiting(let continuation):
        state = .delivered
        return (true, continuation)
      case .answered, .delivered: return (false, nil)
      }
    }
    continuation?.resume(returning: outcome)
    return isFirst
  }

  /// Whether an answer has been given: the reactor need not begin.
  var isAnswered: Bool {
    state.withLockedValue { state in
      switch state {
      case .created, .waiting: false
      case .answered, .delivered: true
      }
    }
  }

  private nonisolated(nonsending) func answer(_ start: () -> Bool) async -> Outcome {
    await withCheckedContinuation { continuation in
      if let outcome = register(continuation) { return continuation.resume(returning: outcome) }
      if !start() { _ = complete(.failure(PostgresError(.shutDown, "the client was shut down"))) }
    }
  }

  private func register(_ continuation: CheckedContinuation<Outcome, Never>) -> Outcome? {
    state.withLockedValue { state in
      guard case .answered(let outcome) = state else {
        state = .waiting(continuation)
        return nil
      }
      state = .delivered
      return outcome
    }
  }
}

internal import NIOConcurrencyHelpers
internal import Telemetry

/// One load that several callers wait for.
///
/// A caller that is cancelled leaves; the load goes on: others wait for it, also on other instances, and it is short.
final class Flight<Value: Sendable>: Sendable {
  private enum Waiter {
    case arriving
    case waiting(CheckedContinuation<Value, any Error>)
  }

  // The waiters beside the result and not in one enum: taking a dictionary out of an enum copies it.
  private struct State {
    var waiters: [Int: Waiter] = [:]
    var arrivals = 0
    var result: Result<Value, any Error>?
  }

  private let state = NIOLockedValueBox(State())

  /// Whether there is anybody to load for.
  var isAwaited: Bool { state.withLockedValue { !$0.waiters.isEmpty } }

  /// Takes a place before waiting, while the table of flights is locked, so that the flight counts as awaited.
  func arrive() -> Int {
    state.withLockedValue { state in
      state.arrivals += 1
      if state.result == nil { state.waiters[state.arrivals] = .arriving }
      return state.arrivals
    }
  }

  /// Waits for the load to end, for the caller's own cancellation, or for the deadline of the request it serves.
  ///
  /// - Parameter arrival: from ``arrive()``; each can wait once.
  func value(for arrival: Int) async throws -> Value {
    let alarm = RequestDeadline.alarm { self.leave(arrival, RequestDeadline.Exceeded()) }
    defer { alarm?.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let result = wait(arrival, continuation) { continuation.resume(with: result) }
      }
    } onCancel: {
      leave(arrival, CancellationError())
    }
  }

  /// Ends the flight and answers everybody.
  func land(_ result: Result<Value, any Error>) {
    let waiters = state.withLockedValue { state in
      state.result = result
      defer { state.waiters = [:] }
      return state.waiters
    }
    for case .waiting(let continuation) in waiters.values { continuation.resume(with: result) }
  }

  private func wait(
    _ arrival: Int, _ continuation: CheckedContinuation<Value, any Error>
  ) -> Result<Value, any Error>? {
    state.withLockedValue { state in
      if let result = state.result { return result }
      // Cancelled or too late before it got here: the place has been given up.
      guard state.waiters[arrival] != nil else {
        return .failure(RequestDeadline.isOver ? RequestDeadline.Exceeded() : CancellationError())
      }
      state.waiters[arrival] = .waiting(continuation)
      return nil
    }
  }

  private func leave(_ arrival: Int, _ reason: any Error) {
    let waiter = state.withLockedValue { $0.waiters.removeValue(forKey: arrival) }
    if case .waiting(let continuation) = waiter { continuation.resume(throwing: reason) }
  }
}

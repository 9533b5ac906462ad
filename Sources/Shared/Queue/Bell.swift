internal import NIOConcurrencyHelpers

/// Wakes whoever waits; a ring that finds nobody is kept for the next.
final class Bell: Sendable {
  private enum State {
    case silent
    case rung
    case awaited([Int: CheckedContinuation<Void, Never>])
  }

  private struct Waiters {
    var state = State.silent
    var lastID = 0
  }

  private let waiters = NIOLockedValueBox(Waiters())

  func ring() {
    let woken = waiters.withLockedValue { waiters -> [CheckedContinuation<Void, Never>] in
      guard case .awaited(let continuations) = waiters.state else {
        waiters.state = .rung
        return []
      }
      waiters.state = .silent
      return Array(continuations.values)
    }
    for waiter in woken { waiter.resume() }
  }

  /// Returns at a ring or when the task is cancelled.
  func next() async {
    let id = waiters.withLockedValue { waiters in
      waiters.lastID += 1
      return waiters.lastID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if !park(continuation, as: id) { continuation.resume() }
      }
    } onCancel: {
      leave(id)?.resume()
    }
  }

  /// False if there is nothing to wait for: a ring was kept, or the task was cancelled first, which is asked
  /// under the lock that ``leave(_:)`` takes after the cancellation.
  private func park(_ continuation: CheckedContinuation<Void, Never>, as id: Int) -> Bool {
    waiters.withLockedValue { waiters in
      if Task.isCancelled { return false }
      switch waiters.state {
      case .silent:
        waiters.state = .awaited([id: continuation])
      case .rung:
        waiters.state = .silent
        return false
      case .awaited(var continuations):
        continuations[id] = continuation
        waiters.state = .awaited(continuations)
      }
      return true
    }
  }

  private func leave(_ id: Int) -> CheckedContinuation<Void, Never>? {
    waiters.withLockedValue { waiters in
      guard case .awaited(var continuations) = waiters.state else { return nil }
      let continuation = continuations.removeValue(forKey: id)
      waiters.state = continuations.isEmpty ? .silent : .awaited(continuations)
      return continuation
    }
  }
}

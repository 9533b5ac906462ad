internal import NIOConcurrencyHelpers

/// Calls those back whose time is over. One task sleeps for all of them, until the first is due that was there when it
/// fell asleep: most have gone by then, so a wait costs two entries in a dictionary, and a timer once per deadline's
/// length instead of one each.
final class DeadlineAlarm: Sendable {
  private typealias Entry = (due: ContinuousClock.Instant, ring: @Sendable () -> Void)

  private struct State {
    var entries: [Int: Entry] = [:]
    var last = 0
    var sleeper: (until: ContinuousClock.Instant, task: Task<Void, Never>)?
  }

  private let state = NIOLockedValueBox(State())

  static let shared = DeadlineAlarm()

  /// - Parameter ring: called once at `due`, unless it is taken back before.
  /// - Returns: to take it back by.
  func add(_ due: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) -> Int {
    state.withLockedValue { state in
      state.last += 1
      state.entries[state.last] = (due, ring)
      sleep(until: due, &state)
      return state.last
    }
  }

  func remove(_ id: Int) { state.withLockedValue { _ = $0.entries.removeValue(forKey: id) } }

  private func sleep(until due: ContinuousClock.Instant, _ state: inout State) {
    if let sleeper = state.sleeper {
      guard due < sleeper.until else { return }
      sleeper.task.cancel()
    }
    // Bare task: it ends when the last entry it knew of is due.
    let task = Task {
      do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
      ring()
    }
    state.sleeper = (due, task)
  }

  private func ring() {
    let now = ContinuousClock.now
    let due = state.withLockedValue { state -> [Entry] in
      let due = state.entries.filter { $0.value.due <= now }
      for id in due.keys { state.entries[id] = nil }
      state.sleeper = nil
      if let next = state.entries.values.map(\.due).min() { sleep(until: next, &state) }
      return Array(due.values)
    }
    for entry in due { entry.ring() }
  }
}

import NIOConcurrencyHelpers
import TestSupport

extension FaultStage {
  func complain(_ complaint: String) { state.withLockedValue { $0.complaints.append(complaint) } }

  func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
    if !holds { complain(complaint()) }
  }

  /// Notes an event that is meant to die.
  func expectDeath() { state.withLockedValue { $0.expectedDeaths += 1 } }

  /// Waits until nothing is queued, from now on or from when it should have begun. Gives up early when for longer than
  /// a lease nothing has moved.
  func expectRecovery(
    within limit: Duration, since start: ContinuousClock.Instant = .now
  ) async throws {
    try await goAtFullSpeed()
    var last = (depth: -1, change: ContinuousClock.now)
    _ = try await eventually(within: limit - (ContinuousClock.now - start)) {
      let depth = try await system.queueDepth()
      if depth != last.depth { last = (depth, .now) }
      return depth == 0 || ContinuousClock.now - last.change > .seconds(form.leaseSeconds + 4)
    }
    let wait = ContinuousClock.now - start
    note(recovery: wait)
    guard last.depth > 0 else { return }
    complain(
      "\(last.depth) events are still queued after \(wait): conversations \(try await system.queueState())")
  }

  /// Waits until one more event is stored than now.
  func expectConsumption(within limit: Duration, since start: ContinuousClock.Instant) async throws {
    let before = try await storedEvents()
    let resumed = try await eventually(within: .seconds(20)) { try await storedEvents() > before }
    let wait = ContinuousClock.now - start
    note(recovery: wait)
    expect(resumed && wait <= limit, "consumption resumed after \(wait), not within \(limit)")
  }

  func note(recovery: Duration) {
    state.withLockedValue { $0.recovery = max($0.recovery ?? .zero, recovery) }
  }

  func storedEvents() async throws -> Int { try await system.count("SELECT count(*) FROM webhook_events") }

  /// Waits for something that must come for the scenario to mean anything.
  func await(
    _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
  ) async throws {
    guard try await eventually(within: limit, condition) else { throw IntegrationError("never: \(what)") }
  }

  /// The balance. A queue that holds anything but its dead, and any deadlock, counts as a complaint.
  func outcome(of scenario: String) async throws -> FaultOutcome {
    var outcome = FaultOutcome(scenario: scenario)
    let (complaints, deaths) = state.withLockedValue { state in
      outcome.recovery = state.recovery
      return (state.complaints, state.expectedDeaths)
    }
    outcome.complaints = complaints + load.complaints
    try await audit.examine(load.acknowledged, &outcome)
    for (count, what) in [
      (outcome.lost, "lost"), (outcome.double, "applied twice"), (outcome.disordered, "out of order"),
      (system.deadlocks - deadlocksBefore, "deadlocks"),
    ] where count > 0 { outcome.complaints.append("\(count) \(what)") }
    if outcome.dead != deaths { outcome.complaints.append("\(outcome.dead) are dead, not \(deaths)") }
    // A settlement whose answer was lost is repeated with the next heartbeat.
    let patience = outcome.complaints.isEmpty ? Duration.seconds(4) : .zero
    let isClean = try await eventually(within: patience) { try await audit.leftovers().isEmpty }
    if !isClean { outcome.complaints.append("left in the queue: \(try await audit.leftovers().prefix(8))") }
    return outcome
  }
}

import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// A running worker, and the name of its sessions in Postgres.
struct FaultWorker: Sendable {
  let process: ChildProcess
  let session: String
}

/// An installation with its workers, the events sent to it, and what was found wrong so far.
final class FaultStage: Sendable {
  private struct State {
    var random: SplitMix
    var workers: [FaultWorker] = []
    var workersStarted = 0
    var complaints: [String] = []
    var recovery: Duration?
    var expectedDeaths = 0
  }

  let system: LocalSystem
  let form: FaultForm
  let load: FaultLoad
  private let audit: FaultAudit
  private let programs: FaultPrograms
  private let deadlocksBefore: Int
  private let state: NIOLockedValueBox<State>

  init(_ system: LocalSystem, _ form: FaultForm, seed: UInt64, _ programs: FaultPrograms) async throws {
    self.system = system
    self.form = form
    self.programs = programs
    state = NIOLockedValueBox(State(random: SplitMix(state: seed)))
    audit = FaultAudit(system: system)
    deadlocksBefore = system.deadlocks
    try await audit.install()
    load = FaultLoad(try await system.startAPI())
  }

  // MARK: workers

  /// Those that were started and not taken off the list.
  var workers: [FaultWorker] { state.withLockedValue { $0.workers } }

  @discardableResult
  func startWorker(_ changes: [String: String] = [:]) async throws -> FaultWorker {
    let session = state.withLockedValue { state in
      state.workersStarted += 1
      return "worker-\(state.workersStarted)"
    }
    let settings = [
      "WORKER_LEASE_SECONDS": String(form.leaseSeconds),
      "DATABASE_URL": "\(system.databaseURL)?application_name=\(session)",
    ].merging(programs.settings) { $1 }.merging(changes) { $1 }
    let program = try await system.startWorker(settings, from: programs.installation)
    let worker = FaultWorker(process: program.process, session: session)
    state.withLockedValue { $0.workers.append(worker) }
    return worker
  }

  func startWorkers(_ count: Int, _ changes: [String: String] = [:]) async throws {
    try await concurrently(0..<count, width: count) { _ in try await self.startWorker(changes) }
  }

  /// Takes one of the workers, chosen by the seed, off the list.
  func chooseVictim() throws -> FaultWorker {
    try state.withLockedValue { state in
      guard !state.workers.isEmpty else { throw IntegrationError("no worker is left") }
      return state.workers.remove(at: Int.random(in: 0..<state.workers.count, using: &state.random))
    }
  }

  /// Takes a worker off the list that is in the middle of a transaction, which ``slowDown(by:)`` makes last.
  func chooseBusyVictim() async throws -> FaultWorker {
    let busy = try await poll(within: .seconds(20)) { () -> FaultWorker? in
      let sessions = try await system.sleepingSessions()
      return workers.first { sessions.contains($0.session) }
    }
    guard let busy else { throw IntegrationError("no worker has anything to do") }
    state.withLockedValue { $0.workers.removeAll { $0.session == busy.session } }
    return busy
  }

  func putBack(_ worker: FaultWorker) { state.withLockedValue { $0.workers.append(worker) } }

  /// Takes the workers that have ended off the list.
  func takeOffEnded() -> [FaultWorker] {
    state.withLockedValue { state in
      let ended = state.workers.filter { !$0.process.isRunning }
      state.workers.removeAll { !$0.process.isRunning }
      return ended
    }
  }

  // MARK: time and chance

  /// The time from one fault to the next, give or take a fifth.
  func pause(_ short: Duration, _ long: Duration) async throws {
    let stretch = random(80...120)
    try await Task.sleep(for: form.pick(short, long) * stretch / 100)
  }

  func random(_ range: ClosedRange<Int>) -> Int {
    state.withLockedValue { Int.random(in: range, using: &$0.random) }
  }

  /// Runs `body` while events arrive, and returns when all senders have their acknowledgements.
  func underLoad(
    conversations: Int = 40, rate: Int = 200, _ body: () async throws -> Void
  ) async throws {
    let isOn = NIOLockedValueBox(true)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [load] in
        try await load.run(conversations: conversations, rate: rate) { isOn.withLockedValue { $0 } }
      }
      defer { isOn.withLockedValue { $0 = false } }
      try await body()
      isOn.withLockedValue { $0 = false }
      try await group.waitForAll()
    }
  }

  /// Makes each transaction of a worker last, so that a fault finds it in the middle of one.
  func slowDown(by duration: Duration = .milliseconds(60)) async throws {
    _ = try await system.rows(
      """
      CREATE FUNCTION fault_delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(\(duration / .seconds(1))); RETURN NULL;
      END $$;
      CREATE TRIGGER fault_delay AFTER INSERT ON webhook_events
        FOR EACH STATEMENT EXECUTE FUNCTION fault_delay();
      """)
  }

  // MARK: expectations

  func complain(_ complaint: String) { state.withLockedValue { $0.complaints.append(complaint) } }

  func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
    if !holds { complain(complaint()) }
  }

  /// Notes an event that is meant to die.
  func expectDeath() { state.withLockedValue { $0.expectedDeaths += 1 } }

  /// Waits until nothing is queued, from now on or from when it should have begun.
  func expectRecovery(
    within limit: Duration, since start: ContinuousClock.Instant = .now
  ) async throws {
    let remaining = limit - (ContinuousClock.now - start)
    let isEmpty = try await eventually(within: remaining) { try await system.queueDepth() == 0 }
    note(recovery: ContinuousClock.now - start)
    if !isEmpty { complain("\(try await system.queueDepth()) events are still queued after \(limit)") }
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

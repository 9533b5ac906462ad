import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// An installation with its workers, the events sent to it, and what was found wrong so far.
final class FaultStage: Sendable {
  struct State {
    var random: SplitMix64
    var workers: [FaultWorker] = []
    var workersStarted = 0
    var complaints: [String] = []
    var recovery: Duration?
    var expectedDeaths = 0
    var isSlow = false
  }

  let system: LocalSystem
  let form: FaultForm
  let load: FaultLoad
  let audit: FaultAudit
  let programs: FaultPrograms
  let deadlocksBefore: Int
  let state: NIOLockedValueBox<State>

  init(_ system: LocalSystem, _ form: FaultForm, seed: UInt64, _ programs: FaultPrograms) async throws {
    self.system = system
    self.form = form
    self.programs = programs
    state = NIOLockedValueBox(State(random: SplitMix64(seed: seed)))
    audit = FaultAudit(system: system)
    deadlocksBefore = system.deadlocks
    try await audit.install()
    load = FaultLoad(try await system.startAPI())
  }

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
      CREATE TABLE fault_delay AS SELECT \(duration / .seconds(1))::float8 AS seconds;
      CREATE FUNCTION fault_delay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        PERFORM pg_sleep(seconds) FROM fault_delay WHERE seconds > 0; RETURN NULL;
      END $$;
      CREATE TRIGGER fault_delay AFTER INSERT ON webhook_events
        FOR EACH STATEMENT EXECUTE FUNCTION fault_delay();
      """)
    state.withLockedValue { $0.isSlow = true }
  }

  /// Ends it, once the faults are over: a quarantine works off one event at a time, and what a recovery takes shall be
  /// the product's time.
  func goAtFullSpeed() async throws {
    let wasSlow = state.withLockedValue { state in
      defer { state.isSlow = false }
      return state.isSlow
    }
    if wasSlow { _ = try await system.rows("UPDATE fault_delay SET seconds = 0") }
  }
}

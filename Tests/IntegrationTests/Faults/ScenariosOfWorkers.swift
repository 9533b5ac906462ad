import Foundation
import TestSupport

extension FaultScenario {
  static let workers = [killedWorkers, stoppedWorker, lateCommit, crossingLocks, rollingRestart]

  /// One of four workers ends by SIGKILL, again and again. In the short form it is one in the middle of a transaction;
  /// that often and that long, it would look like poison, which is quarantined and in the end dead.
  static let killedWorkers = FaultScenario("four workers, one after the other killed") { stage in
    let form = stage.form
    try await stage.slowDown(by: form.pick(.milliseconds(200), .milliseconds(10)))
    // Of which each has a part of the load.
    let settings = ["WORKER_BATCH": "8", "WORKER_CONCURRENCY": "2"]
    try await stage.startWorkers(4, settings)
    try await stage.underLoad {
      for _ in 0..<form.pick(3, 30) {
        try await stage.pause(.milliseconds(500), .seconds(2))
        let victim = form == .short ? try await stage.chooseBusyVictim() : try stage.chooseVictim()
        victim.process.kill()
        try await stage.startWorker(settings)
      }
    }
    try await stage.expectRecovery(within: .seconds(20))
  }

  /// A worker that stands still for longer than its lease, and then goes on as if nothing had happened.
  static let stoppedWorker = FaultScenario("a worker stopped for longer than its lease") { stage in
    try await stage.slowDown(by: .milliseconds(200))
    try await stage.startWorkers(2)
    try await stage.underLoad {
      for _ in 0..<stage.form.pick(1, 3) {
        try await stage.pause(.milliseconds(300), .seconds(3))
        let victim = try await stage.chooseBusyVictim()
        victim.process.signal(SIGSTOP)
        try await Task.sleep(for: .seconds(stage.form.leaseSeconds) * 4 / 3)
        victim.process.signal(SIGCONT)
        stage.putBack(victim)
      }
    }
    try await stage.expectRecovery(within: .seconds(20))
    stage.expect(try await stage.system.counter("reaped") > 0, "nobody took the stopped worker's place")
  }

  /// Of workers whose transactions the test holds up: a successor has to come before the patience with Postgres is over.
  private static let soonReplaced = [
    "WORKER_CONCURRENCY": "1", "WORKER_BATCH": "64", "WORKER_LEASE_SECONDS": "3",
  ]

  /// A worker stopped between its reservation and its transaction, whose successor finds one event dead and commits the
  /// next: the late transaction must change nothing.
  static let lateCommit = FaultScenario("a stopped worker that commits after its successor") { stage in
    let system = stage.system
    let victim = try await stage.startWorker(soonReplaced)
    try await stage.load.send("late")
    try await stage.await("the first event is stored") { try await system.queueDepth() == 0 }
    // What it says afterwards of its invalidation takes the session for a moment.
    try await stage.await("the first event is marked") {
      try await system.count("SELECT count(*) FROM cache_outbox WHERE done_by IS NULL") == 0
    }
    // Its next BEGIN reaches the server, but not yet the session.
    let sessions = try await system.sessionProcesses(victim.session)
    for session in sessions { kill(session, SIGSTOP) }
    defer { for session in sessions { kill(session, SIGCONT) } }
    try await system.pauseQueue()
    let events = stage.random(2...6)
    for _ in 0..<events { try await stage.load.send("late") }
    try await system.resumeQueue()
    var worker: String?
    try await stage.await("the worker holds the conversation") {
      worker = try await system.holder(of: "late")
      return worker != nil
    }
    victim.process.signal(SIGSTOP)
    try await system.refuse("late", 2, sqlState: "23514")
    stage.expectDeath()
    try await stage.startWorker(soonReplaced)
    try await stage.await("a successor is done with it") {
      if try await system.holder(of: "late") == worker { _ = try await system.expireLease(of: "late") }
      return try await system.queueDepth() == 0
    }
    try await system.allowAgain()
    let wakeUp = ContinuousClock.now
    let now = try await system.rows("SELECT clock_timestamp()")[0][0]
    for session in sessions { kill(session, SIGCONT) }
    victim.process.signal(SIGCONT)
    try await stage.await("the late transaction is over", within: .seconds(10)) {
      try await system.count(
        """
        SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(victim.session)' AND state = 'idle'
        AND (query IN ('COMMIT', 'ROLLBACK') OR query LIKE 'UPDATE cache_outbox%') AND state_change > '\(now)'
        """) > 0
    }
    stage.note(recovery: ContinuousClock.now - wakeUp)
  }

  /// A worker and its successor commit the same conversations at the same time: each comes to its second one, where the
  /// test lets it wait for the other.
  static let crossingLocks = FaultScenario("a worker and its successor commit at once") { stage in
    let system = stage.system
    _ = try await system.rows(
      """
      CREATE FUNCTION fault_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        IF current_setting('fault.gate', true) = 'ahead' THEN PERFORM pg_advisory_xact_lock_shared(64); END IF;
        PERFORM set_config('fault.gate', CASE current_setting('fault.gate', true)
          WHEN 'ahead' THEN 'behind' WHEN 'behind' THEN 'behind' ELSE 'ahead' END, true);
        RETURN NEW;
      END $$;
      CREATE TRIGGER fault_gate BEFORE INSERT ON queue_fences FOR EACH ROW EXECUTE FUNCTION fault_gate();
      """)
    try await stage.startWorkers(2, soonReplaced)
    try await system.pauseQueue()
    for number in 0..<64 { try await stage.load.send("load-\(number)") }
    let lock = try system.hold("SELECT pg_advisory_xact_lock(64)")
    try await stage.await("the gate is closed") { try await system.sleepingSessions() == ["holds-lock"] }
    try await system.resumeQueue()
    var first = ""
    try await stage.await("a worker waits at the gate") {
      first = try await system.blockedSessions().first ?? ""
      return !first.isEmpty
    }
    let victim = try await system.holder(of: "load-0")
    let process = stage.workers.first { $0.session == first }?.process
    process?.signal(SIGSTOP)
    try await stage.await("its successor waits as well") {
      if try await system.holder(of: "load-0") == victim { _ = try await system.expireLease(of: "load-0") }
      return try await Set(system.blockedSessions()).count == 2
    }
    try await system.release(lock)
    let start = ContinuousClock.now
    process?.signal(SIGCONT)
    try await stage.expectRecovery(within: .seconds(10), since: start)
  }

  /// A release: every worker is replaced by a new one and told to end. Nothing waits for a lease.
  static let rollingRestart = FaultScenario("a rolling restart of all workers") { stage in
    // The default lease, so that waiting for one would show.
    let settings = ["WORKER_LEASE_SECONDS": "15"]
    try await stage.slowDown()
    try await stage.startWorkers(3, settings)
    try await stage.underLoad {
      for _ in 0..<stage.form.pick(3, 15) {
        try await stage.startWorker(settings)
        let leaver = try stage.chooseVictim()
        leaver.process.terminate()
        let start = ContinuousClock.now
        let exit = try await leaver.process.wait(within: .seconds(25))
        stage.expect(exit == .code(0), "a worker told to end ended with \(exit)")
        stage.expect(
          ContinuousClock.now - start < .seconds(5), "it took \(ContinuousClock.now - start) to leave")
      }
    }
    try await stage.expectRecovery(within: .seconds(5))
    stage.expect(try await stage.system.counter("reaped") == 0, "a worker that left was taken for dead")
  }
}

import NIOConcurrencyHelpers
import TestSupport

/// A running worker, and the name of its sessions in Postgres.
struct FaultWorker: Sendable {
  let process: ChildProcess
  let session: String
}

extension FaultStage {
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
      "DATABASE_URL": "\(system.programURL)?application_name=\(session)",
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
    let busy = try await poll(within: .seconds(10)) { () -> FaultWorker? in
      let sessions = try await system.sleepingSessions()
      return workers.first { sessions.contains($0.session) }
    }
    guard let busy else {
      complain("events arrive, but no worker has anything to do")
      return try chooseVictim()
    }
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
}

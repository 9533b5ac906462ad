import Foundation
import TestSupport

extension FaultScenario {
  /// One fault after the other, in an order that the seed chooses, for more than two minutes. Long form only.
  static let everything = FaultScenario("everything, in an order by the seed", ownPostgres: true) { stage in
    try await stage.slowDown()
    try await stage.startWorkers(4)
    try await stage.underLoad {
      let end = ContinuousClock.now + .seconds(150)
      while ContinuousClock.now < end {
        let mishap = Mishap.allCases[stage.random(0...(Mishap.allCases.count - 1))]
        FaultReport.tell("  \(mishap)")
        try await mishap.happen(on: stage)
        try await stage.pause(.seconds(2), .seconds(2))
      }
    }
    try await stage.expectRecovery(within: .seconds(20))
    stage.expect(try await stage.system.counter("retried") == 0, "an outage cost attempts")
  }
}

private enum Mishap: CaseIterable {
  case workerKilled, workerTerminated, workerStopped
  case redisKilled, redisStopped, redisFrozen, connectionsKilled, scriptsFlushed
  case postgresKilled, postgresStopped, cacheKilled

  func happen(on stage: FaultStage) async throws {
    let system = stage.system
    switch self {
    case .workerKilled, .workerTerminated, .workerStopped: try await happenToWorker(stage)
    case .redisKilled:
      try await system.queueRedis.kill()
      try await system.queueRedis.restart()
    case .redisStopped:
      try await system.queueRedis.stop()
      try await stage.pause(.seconds(3), .seconds(12))
      try await system.queueRedis.restart()
    case .redisFrozen:
      system.queueRedis.pause()
      try await stage.pause(.seconds(3), .seconds(12))
      system.queueRedis.resume()
    case .connectionsKilled: _ = try await system.ask(system.queueRedis, "CLIENT", "KILL", "TYPE", "normal")
    case .scriptsFlushed: _ = try await system.ask(system.queueRedis, "SCRIPT", "FLUSH")
    case .postgresKilled:
      try await system.postgres.kill()
      try await system.postgres.restart()
    case .postgresStopped:
      try await system.postgres.stop()
      try await stage.pause(.seconds(3), .seconds(8))
      try await system.postgres.restart()
    case .cacheKilled:
      try await system.cacheRedis.kill()
      try await stage.pause(.seconds(1), .seconds(3))
      try await system.cacheRedis.restart()
    }
  }

  private func happenToWorker(_ stage: FaultStage) async throws {
    let victim = try stage.chooseVictim()
    switch self {
    case .workerTerminated:
      victim.process.terminate()
      let exit = try await victim.process.wait(within: .seconds(25))
      stage.expect(exit == .code(0), "a worker told to end ended with \(exit)")
    case .workerStopped:
      victim.process.signal(SIGSTOP)
      try await Task.sleep(for: .seconds(stage.form.leaseSeconds) * 5 / 4)
      victim.process.signal(SIGCONT)
      stage.putBack(victim)
      return
    default: victim.process.kill()
    }
    try await stage.startWorker()
  }
}

import TestSupport

extension FaultScenario {
  static let postgres = [stoppedPostgres, spoiltBatch]

  /// Postgres ends in an orderly way, then by SIGKILL; neither costs an event an attempt.
  static let stoppedPostgres = FaultScenario("Postgres stopped, then killed", ownPostgres: true) { stage in
    let system = stage.system
    try await stage.startWorkers(2)
    for isKilled in [false, true] {
      try await stage.underLoad {
        try await stage.pause(.milliseconds(500), .seconds(5))
        if isKilled { try await system.postgres.kill() } else { try await system.postgres.stop() }
        try await stage.pause(.milliseconds(1500), .seconds(20))
        let deliveries = try await system.mostDeliveries()
        stage.expect(deliveries <= 1, "an event was delivered \(deliveries) times")
        try await system.postgres.restart()
        try await stage.expectConsumption(within: .seconds(4), since: .now)
      }
    }
    try await stage.expectRecovery(within: .seconds(20))
    stage.expect(try await system.counter("retried") == 0, "the outage cost attempts")
  }

  /// The data of one event is refused: the other conversations of its batch commit, of its own only what comes before,
  /// and what comes after once it is dead.
  static let spoiltBatch = FaultScenario("an event that Postgres refuses") { stage in
    let system = stage.system
    try await system.pauseQueue()
    let before = stage.random(1...4)
    for _ in 0..<before { try await stage.load.send("spoilt") }
    try await system.refuse("spoilt", before + 1, sqlState: "P0001")
    let guilty = try await stage.load.send("spoilt")
    stage.expectDeath()
    for _ in 0..<3 { try await stage.load.send("spoilt") }
    for number in 0..<20 { try await stage.load.send("load-\(number)") }
    // As if it had failed eight times already, minutes apart.
    _ = try await system.ask(system.queueRedis, "HSET", "webhooks:{0}:event:\(guilty)", "deliveries", "8")
    try await stage.startWorker()
    try await system.resumeQueue()
    let start = ContinuousClock.now
    try await stage.await("it is to be tried again") {
      try await system.ask(system.queueRedis, "ZSCORE", "webhooks:{0}:delayed", "spoilt") != [""]
    }
    try await stage.await("the others are stored", within: .seconds(5)) {
      try await stage.storedEvents() == before + 20
    }
    let depth = try await system.queueDepth()
    stage.expect(depth == 4, "\(depth) are queued, not 4")
    _ = try await system.ask(system.queueRedis, "ZADD", "webhooks:{0}:delayed", "XX", "1", "spoilt")
    try await stage.expectRecovery(within: .seconds(10), since: start)
    let epitaph = try await system.ask(
      system.queueRedis, "HMGET", "webhooks:{0}:event:\(guilty)", "reason", "class", "error")
    stage.expect(epitaph.dropLast() == ["attempts exhausted", "P0001"], "it died of \(epitaph)")
    stage.expect(epitaph.last?.contains("refused by the test") == true, "it died of \(epitaph)")
  }
}

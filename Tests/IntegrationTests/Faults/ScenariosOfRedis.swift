import TestSupport

extension FaultScenario {
  static let redis = [
    killedConnections, stoppedRedis, frozenRedis, killedRedis, fullRedis, flushedScripts, lostReply,
    killedCache,
  ]

  static let killedConnections = FaultScenario("all connections to Redis killed, again and again") { stage in
    try await stage.slowDown(by: .milliseconds(20))
    try await stage.startWorkers(2)
    try await stage.underLoad {
      for _ in 0..<stage.form.pick(8, 60) {
        try await stage.pause(.milliseconds(300), .seconds(1))
        _ = try await stage.system.ask(stage.system.queueRedis, "CLIENT", "KILL", "TYPE", "normal")
      }
    }
    try await stage.expectRecovery(within: .seconds(10))
  }

  static let stoppedRedis = FaultScenario("Redis stopped for longer than the lease") { stage in
    try await withoutRedis(stage) {
      try await $0.queueRedis.stop()
    } end: {
      try await $0.queueRedis.restart()
    }
  }

  static let frozenRedis = FaultScenario("Redis frozen for longer than the lease") { stage in
    try await withoutRedis(stage) {
      $0.queueRedis.pause()
    } end: {
      $0.queueRedis.resume()
    }
  }

  /// Work goes on at once, and nobody is blamed for the silence.
  private static func withoutRedis(
    _ stage: FaultStage, begin: (LocalSystem) async throws -> Void, end: (LocalSystem) async throws -> Void
  ) async throws {
    let system = stage.system
    try await stage.slowDown()
    // So slow that something is left to be consumed.
    try await stage.startWorkers(2, ["WORKER_CONCURRENCY": "1", "WORKER_BATCH": "4"])
    try await stage.underLoad {
      try await stage.await("a backlog") { try await system.queueDepth() > 50 }
      try await begin(system)
      try await Task.sleep(for: stage.form.pick(.seconds(4), .seconds(30)))
      try await end(system)
      try await stage.expectConsumption(within: .seconds(2), since: .now)
    }
    try await stage.expectRecovery(within: .seconds(20))
    for counter in ["reaped", "retried"] {
      let count = try await system.counter(counter)
      stage.expect(count == 0, "\(count) \(counter), and nobody had died")
    }
  }

  /// With the append-only file synced at each write, a 202 is on disk.
  static let killedRedis = FaultScenario("Redis killed and started again, with its file") { stage in
    try await stage.slowDown()
    try await stage.startWorkers(2)
    try await stage.underLoad(rate: 400) {
      for _ in 0..<stage.form.pick(2, 15) {
        try await stage.pause(.milliseconds(600), .seconds(4))
        try await stage.system.queueRedis.kill()
        try await stage.system.queueRedis.restart()
      }
    }
    try await stage.expectRecovery(within: .seconds(20))
  }

  /// Webhooks are refused, what was accepted is worked off all the same, and then webhooks are accepted again.
  static let fullRedis = FaultScenario("Redis full to its limit") { stage in
    let system = stage.system
    let memory = try await system.ask(system.queueRedis, "INFO", "memory")
    let used = memory.compactMap { $0.split(separator: ":").last.flatMap { Int($0) } }.first ?? 0
    let limit = used + (4 << 20)
    _ = try await system.ask(system.queueRedis, "CONFIG", "SET", "maxmemory", String(limit))
    let events = stage.form.pick(300, 3000)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask { [load = stage.load] in
          for number in 0..<(events / 8) {
            try await load.send("load-\(sender)-\(number % 5)", padding: 20_000)
          }
        }
      }
      try await stage.await("a webhook is refused") { stage.load.refusals > 8 }
      let start = ContinuousClock.now
      try await stage.startWorkers(1)
      try await group.waitForAll()
      try await stage.expectRecovery(within: .seconds(stage.form.pick(20, 120)), since: start)
    }
    let refusals = stage.load.refusals
    try await stage.load.send("afterwards", padding: 20_000)
    stage.expect(stage.load.refusals == refusals, "still refused after the queue was drained")
    try await stage.expectRecovery(within: .seconds(5))
  }

  static let flushedScripts = FaultScenario("Redis forgets the scripts, all the time") { stage in
    try await stage.startWorkers(2)
    try await stage.underLoad {
      let end = ContinuousClock.now + stage.form.pick(.seconds(2), .seconds(30))
      while ContinuousClock.now < end {
        _ = try await stage.system.ask(stage.system.queueRedis, "SCRIPT", "FLUSH")
      }
    }
    try await stage.expectRecovery(within: .seconds(10))
  }

  /// Redis hands conversations out, but the worker stopped waiting for the answer: it lives, and does not know of them.
  static let lostReply = FaultScenario("a reservation whose reply is lost") { stage in
    let system = stage.system
    // The default lease: nobody but the worker itself can help in time.
    try await stage.startWorker(["WORKER_LEASE_SECONDS": "15"])
    try await system.pauseQueue()
    try await concurrently(0..<stage.random(60...120)) { number in
      for _ in 0..<2 { try await stage.load.send("load-\(number)") }
    }
    // Longer than the worker waits for a reply.
    try await system.askAtOnce(
      system.queueRedis, ["HSET \(LocalSystem.meta) paused 0", "CLIENT PAUSE 3000 ALL"])
    try await stage.expectRecovery(within: .seconds(7))
    stage.expect(try await system.counter("reconciled") > 0, "no reply was lost")
  }

  /// An event is not let go before its invalidation is confirmed, or so late that nobody can be served older data.
  static let killedCache = FaultScenario("the cache killed while the queue drains") { stage in
    let system = stage.system
    try await stage.startWorkers(2)
    try await stage.underLoad {
      for _ in 0..<stage.form.pick(1, 5) {
        try await stage.pause(.milliseconds(500), .seconds(4))
        try await system.cacheRedis.kill()
        try await stage.pause(.seconds(1), .seconds(2))
        let settled = try await system.counter("settled")
        try await stage.pause(.milliseconds(500), .seconds(2))
        stage.expect(try await system.counter("settled") == settled, "events are let go without the cache")
        let isLetGo = try await eventually { try await system.counter("settled") > settled }
        stage.expect(isLetGo, "events are held although nobody can be served older data")
        try await system.cacheRedis.restart()
      }
    }
    try await stage.expectRecovery(within: .seconds(10))
    stage.expect(try await system.counter("retried") == 0, "the cache's absence cost attempts")
  }
}

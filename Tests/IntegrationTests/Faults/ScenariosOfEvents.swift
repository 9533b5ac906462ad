import TestSupport

extension FaultScenario {
  static let events = [oneConversation, poison]

  static let oneConversation = FaultScenario("many events of one conversation") { stage in
    try await stage.startWorkers(2)
    for _ in 0..<stage.form.pick(3_000, 100_000) { try await stage.load.send("load-0") }
    try await stage.expectRecovery(within: .seconds(20))
  }

  /// An event of which every worker dies, in one batch with innocent ones.
  static let poison = FaultScenario("an event that kills its worker") { stage in
    let system = stage.system
    try await system.pauseQueue()
    for _ in 0..<stage.form.pick(0, 1) { try await stage.load.send("poisoned") }
    let guilty = try await stage.load.send("poisoned", mark: "deadly-payload")
    stage.expectDeath()
    for _ in 0..<3 { try await stage.load.send("poisoned") }
    for number in 0..<20 { for _ in 0..<2 { try await stage.load.send("load-\(number)") } }
    let fragile = ["FRESHET_BREAK": "die-on-marked-payload"]
    try await stage.startWorkers(2, fragile)
    try await system.resumeQueue()
    let start = ContinuousClock.now
    try await stage.await("it is dead", within: stage.form.pick(.seconds(40), .seconds(200))) {
      try await stage.replaceDeadWorkers(fragile) {
        // The long form waits for the lease.
        if stage.form == .short { _ = try await system.expireLease(of: "poisoned") }
      }
      return try await system.deadEvents() > 0
    }
    let reason = try await system.ask(system.queueRedis, "HGET", "webhooks:{0}:event:\(guilty)", "reason")
    stage.expect(reason == ["poison"], "it died of \(reason)")
    try await stage.expectRecovery(within: .seconds(stage.form.pick(40, 200)), since: start)
  }
}

extension FaultStage {
  /// What a supervisor does; `onDeath` comes before the replacement.
  fileprivate func replaceDeadWorkers(
    _ settings: [String: String], onDeath: () async throws -> Void
  ) async throws {
    for _ in takeOffEnded() {
      try await onDeath()
      try await startWorker(settings)
    }
  }
}

extension LocalSystem {
  /// The most deliveries that any queued event counts.
  func mostDeliveries() async throws -> Int {
    let script = """
      local most = 0
      for _, key in ipairs(redis.call('KEYS', 'webhooks:{0}:event:*')) do
        most = math.max(most, tonumber(redis.call('HGET', key, 'deliveries') or '0'))
      end
      return most
      """
    return Int(try await ask(queueRedis, "EVAL", script, "0").first ?? "") ?? -1
  }

  /// Several commands, between which no other comes.
  func askAtOnce(_ redis: RedisServer, _ commands: [String]) async throws {
    let input = (["MULTI"] + commands + ["EXEC"]).joined(separator: "\n")
    let shell = try ChildProcess(
      "sh", ["-c", "printf '%s\\n' \"$1\" | redis-cli -p \(redis.port)", "sh", input])
    try await shell.wait()
    try await shell.waitForOutputEnd()
    guard !shell.lines.contains(where: { $0.contains("ERR") }) else {
      throw IntegrationError("\(commands): \(shell.lines)")
    }
  }
}

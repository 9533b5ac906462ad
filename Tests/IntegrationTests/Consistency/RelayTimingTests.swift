import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("How soon the relay acts")
  struct RelayTimingTests {
    @Test("An UPDATE typed into psql is seen on every instance within a second")
    func typedUpdate() async throws {
      try await LocalSystem.run { system in
        let scene = try await RelayScene(system)
        var delays: [Duration] = []
        for version in 1...20 {
          try await scene.expectHits()
          delays.append(try await scene.delayOfUpdate(version))
        }
        delays.sort()
        FaultReport.tell("psql UPDATE unseen for: median \(delays[10]), at most \(delays[19])")
        #expect(delays[19] < .seconds(1))
      }
    }

    @Test("A relay leader that dies is followed within two seconds, and hits count all the while")
    func handOver() async throws {
      try await LocalSystem.run { system in
        let scene = try await RelayScene(system)
        for version in 1...4 {
          try await scene.expectHits()
          let watch = try await WatermarkWatch(system.cacheRedis)
          let (leader, handOver) = try await scene.killLeader()
          let delay = try await scene.delayOfUpdate(version)
          FaultReport.tell(
            "relay leader \(leader) killed: another leads after \(handOver), psql UPDATE unseen for \(delay)")
          #expect(handOver <= .seconds(2))
          #expect(delay < .seconds(3))
          let lapses = try await watch.lapses()
          #expect(lapses == 0)
          try await scene.restart(leader)
        }
      }
    }
  }
}

/// Two APIs and a conversation that both have in the cache; a worker, which may lead as well.
private final class RelayScene {
  private let system: LocalSystem
  private let clock = RunClock()
  private let path: String
  private let id: String
  private var apis: [String: API] = [:]
  private var worker: RunningProgram

  init(_ system: LocalSystem) async throws {
    self.system = system
    for name in ["api-1", "api-2"] { apis[name] = try await system.startAPI(Self.settings(system, name)) }
    worker = try await system.startWorker(Self.settings(system, "worker"))
    guard let api = apis["api-1"] else { preconditionFailure("no API") }
    id = try await api.register(Name.externalID(), owner: "typist", title: "0").id
    path = "/conversations/\(id)"
  }

  private static func settings(_ system: LocalSystem, _ name: String) -> [String: String] {
    ["DATABASE_URL": "\(system.programURL)?application_name=\(name)"]
  }

  func expectHits() async throws {
    for api in apis.values {
      #expect(try await eventually { try await api.client("typist").get(path).isHit })
    }
  }

  /// How long after the commit the last read began, on whichever instance, that did not show it.
  func delayOfUpdate(_ version: Int) async throws -> Duration {
    let written = try await system.rows(
      """
      UPDATE conversations SET title = '\(version)' WHERE id = '\(id)'
      RETURNING extract(epoch FROM clock_timestamp())
      """)
    guard let seconds = written.first?.first.flatMap({ Double($0) }) else { throw IntegrationError("no row") }
    let commit = clock.moment(ofWallClock: seconds)
    var last = commit
    for api in apis.values where api.program.process.isRunning {
      let deadline = ContinuousClock.now + .seconds(10)
      while true {
        let began = clock.now
        let body: ConversationBody = try await api.client("typist").get(path).decoded()
        if body.title == "\(version)" { break }
        last = max(last, began)
        guard ContinuousClock.now < deadline else { throw IntegrationError("the UPDATE is never seen") }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    return last - commit
  }

  /// Kills whoever leads; returns who it was and when somebody else held the lock.
  func killLeader() async throws -> (leader: String, handOver: Duration) {
    let leader = try await leader(besides: nil)
    let start = ContinuousClock.now
    apis[leader]?.program.process.kill()
    if leader == "worker" { worker.process.kill() }
    _ = try await self.leader(besides: leader)
    return (leader, ContinuousClock.now - start)
  }

  func restart(_ name: String) async throws {
    let settings = Self.settings(system, name)
    if name == "worker" {
      worker = try await system.startWorker(settings)
    } else {
      apis[name] = try await system.startAPI(settings)
    }
  }

  private func leader(besides former: String?) async throws -> String {
    let question = """
      SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
        AND a.application_name <> '\(former ?? "")' AND a.xact_start < clock_timestamp() - interval '20 ms'
      """
    let name = try await poll(within: .seconds(10)) { try await system.rows(question).first?.first }
    guard let name else { throw IntegrationError("nobody leads the relay") }
    return name
  }
}

/// Looks every ten milliseconds whether there is a watermark.
private struct WatermarkWatch {
  private let question: ChildProcess

  init(_ redis: RedisServer) async throws {
    question = try ChildProcess(
      "redis-cli", ["-p", String(redis.port), "-r", "-1", "-i", "0.01", "EXISTS", "cache:watermark"])
    try await question.waitForLine(containing: "1")
  }

  /// How often there was none.
  func lapses() async throws -> Int {
    question.terminate()
    try await question.wait()
    return question.lines.count { $0 == "0" }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The worker's health")
  struct WorkerHealthTests {
    @Test("A worker whose loop or batch hangs is not alive after 30 s, and ends a few seconds later")
    func hangs() async throws {
      try await LocalSystem.run { system in
        let start = ContinuousClock.now
        let loop = try await system.startWorker(["FRESHET_BREAK": "hung-loop"])
        let batch = try await system.startWorker(["FRESHET_BREAK": "hung-batch"])
        let api = try await system.startAPI()
        let event = try ProviderEvent.make("system.pal_joined", "in-a-hung-hand")
        try await api.accept([event])
        for worker in [loop, batch] { #expect(try await worker.liveStatus() == 200) }
        async let ends = [loop, batch].concurrentlyMapped { try await $0.endOfHang() }
        for (end, what) in zip(try await ends, ["the consume loop", "a batch"]) {
          #expect(end.wasReportedDead, "\(what)")
          #expect(end.exit == .code(1), "\(what)")
          #expect(end.lines.contains { $0.contains("critical") && $0.contains(what) }, "\(end.lines)")
          #expect((.seconds(30) ... .seconds(45)).contains(end.time - start), "\(what): \(end.time - start)")
        }
        // What it held goes to another when its lease has run out.
        let heir = try await system.startWorker()
        try await system.waitUntilSettled(event, within: .seconds(30))
        #expect(try await Scrape.of(heir)["freshet_worker_reaped_total"] == 1)
      }
    }

    @Test("An idle worker notices that Postgres hangs, and that it goes on; HEAD is answered as GET is")
    func hungPostgres() async throws {
      try await LocalSystem.run(ownPostgres: true) { system in
        let worker = try await system.startWorker()
        let client = Client(base: worker.base)
        #expect(try await client.send("HEAD", "/health/ready").status == 200)
        system.postgres.pause()
        #expect(try await eventually { await !worker.isReady() })
        #expect(try await client.send("HEAD", "/health/ready").status == 503)
        #expect(try await client.send("HEAD", "/health/live").status == 200)
        system.postgres.resume()
        #expect(try await eventually { await worker.isReady() })
        #expect(try await client.send("HEAD", "/metrics").status == 200)
      }
    }

    @Test("A worker whose servers are away is alive however long; it works within 2 s of their return")
    func outages() async throws {
      try await concurrently([ServerKind.redis, .postgres]) { server in
        try await LocalSystem.run(ownPostgres: server == .postgres) { try await outage(of: server, $0) }
      }
    }

    private func outage(of server: ServerKind, _ system: LocalSystem) async throws {
      let api = try await system.startAPI()
      // Silent while nothing is wrong, so that its end proves something.
      let worker = try await system.startWorker()
      try await server.stop(system)
      #expect(try await eventually { await !worker.isReady() })
      let end = ContinuousClock.now + FaultForm.current.pick(.seconds(5), .seconds(60))
      while ContinuousClock.now < end {
        #expect(try await worker.liveStatus() == 200)
        try await Task.sleep(for: .milliseconds(250))
      }
      let scrape = try await Scrape.of(worker)
      #expect(scrape[server.gauge] == 0)
      #expect(scrape["freshet_queue_up"] == (server == .redis ? 0 : 1))
      #expect((scrape["freshet_queue_depth"] == nil) == (server == .redis))
      #expect(try #require(scrape["freshet_worker_loop_silence_seconds"]) < 10)
      try await server.start(system)
      let back = ContinuousClock.now
      let event = try ProviderEvent.make("system.pal_joined", "after-an-outage")
      #expect(try await eventually { try await api.post(event).status == 202 })
      try await system.waitUntilSettled(event)
      #expect(ContinuousClock.now - back < .seconds(2))
      #expect(try await eventually { await worker.isReady() })
      #expect(try await eventually { try await Scrape.of(worker)[server.gauge] == 1 })
    }
  }
}

private enum ServerKind: Sendable {
  case redis, postgres

  var gauge: String {
    switch self {
    case .redis: #"freshet_redis_up{role="queue"}"#
    case .postgres: #"freshet_postgres_up{role="primary"}"#
    }
  }

  func stop(_ system: LocalSystem) async throws {
    switch self {
    case .redis: try await system.queueRedis.stop()
    case .postgres: try await system.postgres.stop()
    }
  }

  func start(_ system: LocalSystem) async throws {
    switch self {
    case .redis: try await system.queueRedis.restart()
    case .postgres: try await system.postgres.restart()
    }
  }
}

/// How a process that hung came to its end.
private struct HangEnd: Sendable {
  /// Whether `/health/live` failed while it was there.
  let wasReportedDead: Bool
  let exit: ChildProcess.Exit
  let time: ContinuousClock.Instant
  let lines: [String]
}

extension RunningProgram {
  fileprivate func liveStatus() async throws -> Int {
    try await Client(base: base).get("/health/live").status
  }

  fileprivate func endOfHang() async throws -> HangEnd {
    var wasReportedDead = false
    while process.isRunning {
      // Nobody answers once it has ended.
      if let status = try? await liveStatus(), status == 503 { wasReportedDead = true }
      try await Task.sleep(for: .milliseconds(50))
    }
    let time = ContinuousClock.now
    let exit = try await process.wait()
    try await process.waitForOutputEnd()
    return HangEnd(wasReportedDead: wasReportedDead, exit: exit, time: time, lines: process.lines)
  }
}

extension Array where Element: Sendable {
  /// The results in the order of the elements.
  fileprivate func concurrentlyMapped<Value: Sendable>(
    _ body: @escaping @Sendable (Element) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
      for (index, element) in enumerated() {
        group.addTask { (index, try await body(element)) }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}

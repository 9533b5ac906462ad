import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Servers that go away and come back")
  struct OutageTests {
    @Test("Without Redis reads come from Postgres and webhooks are turned away; with it again, hits and 202s")
    func redisStopped() async throws {
      try await LocalSystem.run { system in
        let scene = try await Scene(system, "redis")
        try await scene.expectHits()
        for outage in [RedisOutage.stopped, .frozen] {
          try await outage.begin(system)
          try await scene.expectReadsFromPostgres()
          try await scene.expectWebhookTurnedAway()
          try await scene.expectDegradedHealth()
          try await outage.end(system)
          #expect(try await eventually { try await scene.areAllHits() }, "no hits after Redis was \(outage)")
          try await scene.expectWebhookDelivered()
        }
      }
    }

    @Test(
      "Without Postgres what is cached is still a hit, the rest is a 503; two seconds after its return all works"
    )
    func postgresStopped() async throws {
      try await LocalSystem.run(ownPostgres: true) { system in
        let scene = try await Scene(system, "postgres")
        try await scene.expectHits()
        for outage in [PostgresOutage.stopped, .killed] {
          try await scene.expectHits()
          try await outage.begin(system)
          #expect(try await eventually { try await scene.areUncachedReadsRefused() })
          try await scene.expectHits()
          try await scene.expectWritesRefused()
          try await scene.expectFailedHealth()
          // Queued while Postgres is away, delivered afterwards.
          let event = try scene.nextEvent()
          try await scene.api.accept([event])
          try await system.postgres.restart()
          let recovery = ContinuousClock.now
          let works = try await poll(within: .seconds(10)) { () -> Duration? in
            try await scene.doesEverythingWork() ? ContinuousClock.now - recovery : nil
          }
          #expect(try #require(works) < .seconds(2))
          try await system.waitUntilSettled(event, within: .seconds(15))
          #expect(try await system.deadEvents() == 0)
        }
      }
    }
  }
}

/// How both Redis servers go away.
private enum RedisOutage {
  case stopped, frozen

  func begin(_ system: LocalSystem) async throws {
    for redis in [system.cacheRedis, system.queueRedis] {
      switch self {
      case .stopped: try await redis.stop()
      case .frozen: redis.pause()
      }
    }
  }

  func end(_ system: LocalSystem) async throws {
    for redis in [system.cacheRedis, system.queueRedis] {
      switch self {
      case .stopped: try await redis.restart()
      case .frozen: redis.resume()
      }
    }
  }
}

private enum PostgresOutage {
  case stopped, killed

  func begin(_ system: LocalSystem) async throws {
    switch self {
    case .stopped: try await system.postgres.stop()
    case .killed: try await system.postgres.kill()
    }
  }
}

/// A conversation with a transcript, its owner, and an API and a worker that are never restarted.
private struct Scene: Sendable {
  let api: API
  private let system: LocalSystem
  private let conversation: ConversationBody
  private let owner: Client
  private let events = Counter()

  init(_ system: LocalSystem, _ name: String) async throws {
    self.system = system
    api = try await system.startAPI()
    try await system.startWorker()
    owner = api.client("owner")
    conversation = try await api.register("outage-\(name)", owner: "owner", title: "Before")
    let event = try nextEvent()
    try await api.accept([event])
    try await system.waitUntilSettled(event)
  }

  private var paths: [String] {
    let path = "/conversations/\(conversation.id)"
    return [path, "\(path)/messages", "/conversations", "/users/owner/messages"]
  }

  /// A further transcript, which replaces the one before.
  func nextEvent() throws -> Data {
    let number = events.next()
    return try ProviderEvent.transcript(conversation.externalId ?? "", ["message \(number)"], at: number)
  }

  func areAllHits() async throws -> Bool {
    for path in paths {
      let answer = try await owner.get(path)
      guard answer.status == 200, answer.isHit else { return false }
    }
    return true
  }

  /// The first round may fill.
  func expectHits() async throws {
    #expect(try await eventually { try await areAllHits() })
  }

  func expectReadsFromPostgres() async throws {
    for _ in 0..<10 {
      for path in paths {
        let start = ContinuousClock.now
        let answer = try await owner.get(path)
        #expect(answer.status == 200, "\(answer)")
        #expect(answer.field("Cache-Status")?.hasPrefix("redis; fwd=") == true)
        #expect(ContinuousClock.now - start < .seconds(5))
      }
    }
    #expect(try await api.anonymous.get("/health/ready").status == 200)
  }

  func expectWebhookTurnedAway() async throws {
    let answer = try await api.post(try nextEvent())
    expectProblem(answer, 503)
    #expect((answer.field("Retry-After").flatMap { Int($0) } ?? 0) > 0)
  }

  func expectWebhookDelivered() async throws {
    let event = try nextEvent()
    #expect(try await eventually { try await api.post(event).status == 202 })
    try await system.waitUntilSettled(event)
    let page: Page<MessageBody> = try await owner.get("\(paths[1])").decoded()
    #expect(page.items.map(\.content) == ["message \(events.last)"])
  }

  func expectDegradedHealth() async throws {
    let answer = try await api.anonymous.get("/health")
    #expect(answer.status == 200)
    #expect(
      answer.text
        == #"{"status":"ok","info":{"database":{"status":"up"}},"error":{"redis":{"status":"down"},"#
        + #""queue":{"status":"down"}},"details":{"database":{"status":"up"},"redis":{"status":"down"},"#
        + #""queue":{"status":"down"}},"degraded":true}"#)
  }

  /// Pages that nobody has asked for yet.
  func areUncachedReadsRefused() async throws -> Bool {
    for path in paths.dropFirst() {
      let answer = try await owner.get("\(path)?limit=\(17 + events.next() % 80)")
      guard answer.status == 503, answer.field("Retry-After") != nil else { return false }
      expectProblem(answer, 503)
    }
    return true
  }

  func expectWritesRefused() async throws {
    for answer in [
      try await owner.patch(paths[0], ["title": "Lost"]),
      try await owner.post("/conversations", ["title": "Lost"]),
      try await owner.send("DELETE", paths[0]),
    ] {
      expectProblem(answer, 503)
      #expect(answer.field("Retry-After") != nil)
    }
  }

  func expectFailedHealth() async throws {
    let report = try await api.anonymous.get("/health")
    #expect(report.status == 503)
    #expect(
      report.text
        == #"{"status":"error","info":{"redis":{"status":"up"},"queue":{"status":"up"}},"#
        + #""error":{"database":{"status":"down"}},"details":{"database":{"status":"down"},"#
        + #""redis":{"status":"up"},"queue":{"status":"up"}}}"#)
    #expect(try await api.anonymous.get("/health/ready").status == 503)
    #expect(try await api.anonymous.get("/health/live").status == 200)
  }

  func doesEverythingWork() async throws -> Bool {
    let uncached = try await owner.get("/conversations?limit=\(17 + events.next() % 80)")
    let write = try await owner.patch(paths[0], ["title": "After \(events.next())"])
    return uncached.status == 200 && write.status == 200
  }
}

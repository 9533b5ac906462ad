import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Workers that end in the middle")
  struct WorkerCrashTests {
    @Test("A worker killed by SIGKILL in the middle of 2,000 events loses none, and none is applied twice")
    func killed() async throws {
      try await LocalSystem.run { system in
        let backlog = try Backlog(conversations: 200, versions: 10)
        let api = try await system.startAPI()
        try await api.accept(backlog.initialEvents)
        let victim = try await system.startWorker(["WORKER_BATCH": "8", "WORKER_CONCURRENCY": "2"])
        try await backlog.waitUntilApplied(atLeast: 150, in: system)
        victim.process.kill()
        #expect(try await victim.process.wait() == .signal(SIGKILL))
        let appliedAtDeath = try await system.count("SELECT count(*) FROM webhook_events")
        #expect((150..<1900).contains(appliedAtDeath))

        try await api.accept(backlog.laterEvents)
        try await system.startWorker()
        try await system.waitUntilQueueIsEmpty(within: .seconds(60))
        try await backlog.expectApplied(in: system)
      }
    }

    @Test(
      "A worker told to end in the middle of a backlog ends with 0 and gives back what it has in hand at once"
    )
    func terminated() async throws {
      try await LocalSystem.run { system in
        let backlog = try Backlog(conversations: 100, versions: 10)
        let api = try await system.startAPI()
        try await api.accept(backlog.initialEvents + backlog.laterEvents)
        let leaver = try await system.startWorker(["WORKER_BATCH": "4", "WORKER_CONCURRENCY": "2"])
        try await backlog.waitUntilApplied(atLeast: 80, in: system)
        leaver.process.terminate()
        #expect(try await leaver.process.wait(within: .seconds(25)) == .code(0))
        #expect(try await system.queueDepth() > 0)

        try await system.startWorker()
        // Well below the 15 s lease: nothing was left in a dead hand.
        try await system.waitUntilQueueIsEmpty(within: .seconds(12))
        try await backlog.expectApplied(in: system)
      }
    }
  }
}

/// Transcripts that grow by one entry per version. Applied in order and once, each of them is `applied`; one that
/// was overtaken would be `superseded`.
private struct Backlog: Sendable {
  /// The first half of each conversation, then the second.
  let initialEvents: [Data]
  let laterEvents: [Data]
  private let conversations: Int
  private let versions: Int

  init(conversations: Int, versions: Int) throws {
    self.conversations = conversations
    self.versions = versions
    let events = try (1...versions).map { version in
      try (0..<conversations).map { number in
        try ProviderEvent.transcript(
          "backlog-\(number)", (1...version).map { "conversation \(number), entry \($0)" }, at: version)
      }
    }
    initialEvents = events[..<(versions / 2)].flatMap { $0 }
    laterEvents = events[(versions / 2)...].flatMap { $0 }
  }

  func waitUntilApplied(atLeast count: Int, in system: LocalSystem) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await system.count("SELECT count(*) FROM webhook_events") < count {
      guard ContinuousClock.now < deadline else { throw IntegrationError("the worker does not work") }
    }
  }

  /// Every event recorded once as applied, every conversation with exactly its last version, nothing dead.
  func expectApplied(in system: LocalSystem) async throws {
    let outcomes = try await system.rows("SELECT outcome, count(*) FROM webhook_events GROUP BY 1")
    #expect(outcomes == [["applied", String(conversations * versions)]])
    let wrong = try await system.rows(
      """
      SELECT external_id, count(*), string_agg(content, '; ' ORDER BY position)
      FROM conversations LEFT JOIN messages ON conversation_id = conversations.id
      GROUP BY external_id
      HAVING array_agg(content ORDER BY position) IS DISTINCT FROM ARRAY(
        SELECT format('conversation %s, entry %s', split_part(external_id, '-', 2), entry)
        FROM generate_series(1, \(versions)) AS entry)
      """)
    #expect(wrong.isEmpty)
    #expect(try await system.count("SELECT count(*) FROM conversations") == conversations)
    #expect(try await system.count("SELECT count(*) FROM messages") == conversations * versions)
    #expect(try await system.deadEvents() == 0)
  }
}

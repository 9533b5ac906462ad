import Cache
import Conversations
import Keyspace
import NIOConcurrencyHelpers
import NIOCore
import Postgres
import TestSupport
import Testing

@testable import ConversationStore

/// What the relay does with what it finds in the outbox.
@Suite struct CacheRelayTests {
  private static let undone = "SELECT count(*)::text FROM cache_outbox WHERE done_by IS NULL"

  @Test("An UPDATE that somebody types is seen within a second, five times of five")
  func plainSQL() async throws {
    try await StoreRig.with(relays: 1) { rig in
      let id = try await cachedConversation(rig)
      for number in 0..<5 {
        try await rig.run("UPDATE conversations SET title = 'by hand \(number)'")
        let updated = ContinuousClock.now
        #expect(try await eventually { try await title(id, rig).contains("by hand \(number)") })
        #expect(ContinuousClock.now - updated < .seconds(1))
        #expect(try await eventually { try await isHit(id, rig) })
      }
    }
  }

  @Test("A transaction that commits long after it wrote, and after later ones were done, is not missed")
  func lateCommit() async throws {
    try await StoreRig.with(relays: 1) { rig in
      let id = try await cachedConversation(rig)
      try await rig.database.withTransaction { connection in
        _ = try await connection.query(PostgresStatement("late", "UPDATE conversations SET title = 'late'"))
        try await rig.run("INSERT INTO conversations DEFAULT VALUES")
        #expect(try await eventually { try await rig.scalar(Self.undone) == "0" })
        #expect(try await rig.scalar("SELECT count(*)::text FROM cache_outbox WHERE done_by <> 'off'") != "0")
      }
      let committed = ContinuousClock.now
      #expect(try await eventually { try await title(id, rig).contains("late") })
      #expect(ContinuousClock.now - committed < .seconds(1))
    }
  }

  @Test("A statement that touches more than a page of groups is done in turn")
  func bulk() async throws {
    try await StoreRig.with(relays: 1) { rig in
      try await rig.run(
        """
        INSERT INTO conversations (user_id, external_id) SELECT 'u' || i, 'c' || i FROM generate_series(1, 5000) i;
        INSERT INTO conversations (user_id, external_id) SELECT 'v', 'd' || i FROM generate_series(1, 2) i
        """)
      for number in 0..<600 {
        try await rig.run("UPDATE conversations SET title = '\(number)' WHERE external_id = 'd1'")
      }
      #expect(try await eventually { try await rig.scalar(Self.undone) == "0" })
      #expect(try await rig.isTrusted())
    }
  }

  @Test("What another server or timeline confirmed is done again, unless no value can be that old")
  func otherServer() async throws {
    try await StoreRig.with { rig in
      let name = try await rig.cache.serverMoment().server
      try await rig.run(
        """
        INSERT INTO cache_outbox (groups, done_by, done_at) VALUES \
        ('{user:a}', '!other|00000001', now() - interval '14 min'), ('{user:b}', 'zother|00000001', now()), \
        ('{user:c}', '\(name)|00000007', now()), ('{user:d}', 'off', now()), \
        ('{user:old}', 'other|00000001', now() - interval '16 min'), ('{user:mine}', '\(name)|00000001', '2020-01-01')
        """)
      let relay = Task { await rig.relay() }
      defer { relay.cancel() }
      let again = """
        SELECT string_agg(groups[1], ',' ORDER BY id) FROM cache_outbox \
        WHERE done_by = '\(name)|00000001' AND done_at > now() - interval '1 min'
        """
      #expect(try await eventually { try await rig.scalar(again) == "user:a,user:b,user:c,user:d" })
      #expect(try await eventually { try await rig.scalar("SELECT count(*)::text FROM cache_outbox") == "4" })
    }
  }

  @Test("Rows that no value can be older than are purged, others stay, and those never done are done first")
  func purge() async throws {
    try await StoreRig.with { rig in
      let name = try await rig.cache.serverMoment().server
      try await rig.run(
        """
        INSERT INTO cache_outbox (groups, written_at) VALUES ('{user:never}', now() - interval '1 day');
        INSERT INTO cache_outbox (groups, done_by, done_at) \
        SELECT '{user:a}', '\(name)|00000001', now() - interval '16 min' FROM generate_series(1, 11000);
        INSERT INTO cache_outbox (groups, done_by, done_at) \
        SELECT '{user:b}', '\(name)|00000001', now() - interval '14 min' FROM generate_series(1, 10)
        """)
      let relay = Task { await rig.relay() }
      defer { relay.cancel() }
      #expect(
        try await eventually { try await rig.scalar("SELECT count(*)::text FROM cache_outbox") == "11" })
      #expect(try await rig.scalar(Self.undone) == "0")
    }
  }

  @Test("The youngest rows are left to their writers, those of a clock that was set back are not")
  func grace() async throws {
    try await StoreRig.with { rig in
      try await rig.run(
        """
        INSERT INTO cache_outbox (groups, written_at) VALUES ('{user:young}', now() - interval '10 ms'), \
        ('{user:old}', now() - interval '1 s'), ('{user:future}', now() + interval '1 hour')
        """)
      let rows = try await rig.database.withTransaction { connection in
        try await connection.query(OutboxStatements.due, [.text("s|00000001"), .int(60_000), .int(900)])
          .map { try OutboxRow($0).groups }
      }
      #expect(rows == [[.user(UserID(stored: "future"))]])
      let all = try await rig.database.query(
        OutboxStatements.due, [.text("s|00000001"), .int(5), .int(900)])
      #expect(all.count == 3)
    }
  }

  @Test("A relay that dies before it vouches grants no trust")
  func deathBeforeWatermark() async throws {
    try await StoreRig.with { rig in
      let arrived = AsyncStream.makeStream(of: Void.self)
      let relay = Task {
        try await Failpoint.stopping(at: .beforeWatermark, arrived.continuation) { await rig.relay() }
      }
      defer { relay.cancel() }
      for await _ in arrived.stream { break }
      _ = try await rig.store.create(NewConversation(title: "x"), owner: nil)
      #expect(try await !rig.isTrusted())
      let id = try #require(
        try await rig.scalar("SELECT id::text FROM conversations").flatMap { ConversationID($0) })
      for _ in 0..<3 { #expect(try await !isHit(id, rig)) }
    }
  }

  @Test("A relay that cannot reach Redis vouches for nothing, and does all of it when it can")
  func redisAway() async throws {
    let server = try await RedisServer.start()
    try await StoreRig.with(redisURL: server.url, relays: 1) { rig in
      try await server.kill()
      try await rig.run("INSERT INTO conversations (user_id) VALUES ('alice')")
      try await server.restart()
      #expect(try await eventually(within: .seconds(15)) { try await rig.scalar(Self.undone) == "0" })
      #expect(try await eventually { try await rig.isTrusted() })
    }
    try await server.stop()
  }

  private func cachedConversation(_ rig: StoreRig) async throws -> ConversationID {
    let id = try await rig.store.create(NewConversation(title: "first"), owner: nil).conversation.id
    #expect(try await eventually { try await isHit(id, rig) })
    return id
  }

  private func title(_ id: ConversationID, _ rig: StoreRig) async throws -> String {
    String(buffer: try await rig.store.conversation(id, in: .everyone).value.body)
  }

  private func isHit(_ id: ConversationID, _ rig: StoreRig) async throws -> Bool {
    if case .hit = try await rig.store.conversation(id, in: .everyone).status { true } else { false }
  }
}

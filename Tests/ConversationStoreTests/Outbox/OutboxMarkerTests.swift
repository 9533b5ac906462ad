import Cache
import Conversations
import Postgres
import TestSupport
import Testing

@testable import ConversationStore

/// What writers note in the outbox, and what becomes of it without a relay.
@Suite struct OutboxMarkerTests {
  private static let done = "SELECT string_agg(DISTINCT coalesce(done_by, '-'), ',') FROM cache_outbox"

  @Test("A writer notes which server confirmed and on which timeline, off its own path")
  func mark() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.store.create(NewConversation(), owner: UserID(stored: "alice"))
      try await rig.apply("c", .words("hello"))
      let name = try await rig.cache.serverMoment().server
      #expect(try await eventually { try await rig.scalar(Self.done) == "\(name)|00000001" })
      #expect(
        try await rig.scalar("SELECT (max(done_at - written_at) < '5 s')::text FROM cache_outbox") == "true")
    }
  }

  @Test("What one writer marks, another one that holds the rows does not wait for")
  func locked() async throws {
    try await StoreRig.with { rig in
      try await rig.run("INSERT INTO cache_outbox (groups) VALUES ('{user:a}'), ('{user:b}')")
      let outbox = Outbox(database: rig.database)
      try await rig.database.withTransaction { connection in
        _ = try await connection.query(
          PostgresStatement("hold", "SELECT id FROM cache_outbox WHERE groups = '{user:a}' FOR UPDATE"))
        try await outbox.mark([1, 2], by: "s")
      }
      #expect(try await rig.scalar(Self.done) == "-,s|00000001")
      #expect(try await outbox.isConfirmed([2], within: .seconds(10)))
      #expect(try await !outbox.isConfirmed([1, 2], within: .seconds(10)))
    }
  }

  @Test("Without a cache rows are taken for done, though not for those who have one, and go in time")
  func sweep() async throws {
    var settings = CacheSettings()
    settings.mode = .off
    try await StoreRig.with(settings: settings) { [settings] rig in
      try await rig.run(
        """
        INSERT INTO cache_outbox (groups, done_by, done_at) VALUES ('{user:b}', 's', now() - interval '1 hour');
        INSERT INTO cache_outbox (groups) SELECT '{user:a}' FROM generate_series(1, 6000)
        """)
      let sweep = Task { await OutboxSweep(database: rig.database, settings: settings, logger: .quiet).run() }
      defer { sweep.cancel() }
      #expect(try await eventually { try await rig.scalar(Self.done) == "off" })
      #expect(try await !Outbox(database: rig.database).isConfirmed([2], within: .seconds(10)))
    }
  }
}

import ConversationStore
import Conversations
import Postgres
import Testing

/// Purging.
@Suite struct UpkeepTests {
  @Test("Of many workers one finds a task due, and nobody until the interval is over")
  func claim() async throws {
    try await StoreRig.with { rig in
      let claims = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<10 { group.addTask { try await rig.store.claim(.events) } }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(claims == 1)
      #expect(try await rig.store.claim(.fences))
      #expect(try await rig.store.claim(.events) == false)
      _ = try await rig.scalar("UPDATE upkeep_runs SET ran_at = ran_at - interval '1 hour' RETURNING task")
      #expect(try await rig.store.claim(.events))
    }
  }

  @Test("Recorded events past their retention go, in batches, and no others")
  func events() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.scalar(
        """
        WITH n AS (INSERT INTO webhook_events SELECT 'e' || i, 't', 'c', 'ignored', now(), now(), \
        now() - i * interval '1 hour' FROM generate_series(1, 30) i RETURNING 1) SELECT count(*)::text FROM n
        """)
      #expect(
        try await rig.store.purgeEvents(olderThan: .seconds(10 * 3600 + 60), batch: 7, until: { true }) == 0)
      #expect(try await rig.store.purgeEvents(olderThan: .seconds(10 * 3600 + 60), batch: 7) == 20)
      #expect(try await rig.scalar("SELECT count(*)::text FROM webhook_events") == "10")
    }
  }

  @Test(
    "Fences that nobody used for a day go, a page of the table at a time; those in use are not waited for")
  func fences() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.scalar(
        """
        WITH n AS (INSERT INTO queue_fences SELECT 'c' || i, i, now() - (i % 3) * interval '20 hours' \
        FROM generate_series(1, 30) i RETURNING 1) SELECT count(*)::text FROM n
        """)
      try await rig.database.withTransaction { connection in
        _ = try await connection.query(
          .init("hold", "SELECT fence FROM queue_fences WHERE conversation = 'c2' FOR UPDATE"))
        #expect(try await rig.store.purgeFences(olderThan: .seconds(86_400), batch: 4) == 9)
      }
      #expect(try await rig.store.purgeFences(olderThan: .seconds(86_400), batch: 1000) == 1)
      #expect(try await rig.scalar("SELECT count(*)::text FROM queue_fences WHERE fence % 3 < 2") == "20")
      #expect(try await rig.scalar("SELECT count(*)::text FROM queue_fences") == "20")
    }
  }

  @Test("Letters of events that committed after all are settled; long resolved ones go, open ones stay")
  func letters() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.scalar(
        """
        WITH n AS (INSERT INTO dead_letters (event_id, conversation, reason, failure_class, message, deliveries, \
        strikes, enqueued_at, died_at, purged_at, resolution, resolved_at) VALUES \
        ('old', 'c', 'r', 'f', 'm', 1, 0, now(), now(), now(), 'replayed', now() - interval '31 days'), \
        ('young', 'c', 'r', 'f', 'm', 1, 0, now(), now(), now(), 'replayed', now() - interval '29 days'), \
        ('open', 'c', 'r', 'f', 'm', 1, 0, now(), now() - interval '99 days', now(), NULL, NULL), \
        ('done', 'c', 'r', 'f', 'm', 1, 0, now(), now(), now(), NULL, NULL), \
        ('unnoted', 'c', 'r', 'f', 'm', 1, 0, now(), now(), NULL, NULL, NULL) RETURNING 1) \
        SELECT count(*)::text FROM n
        """)
      try await rig.apply("c", .joined, id: "done")
      try await rig.apply("c", .joined, id: "unnoted")
      #expect(try await rig.store.purgeLetters(olderThan: .seconds(30 * 86_400)) == 1)
      let left = try await rig.scalar(
        "SELECT string_agg(concat_ws(' ', event_id, resolution), ',' ORDER BY event_id) FROM dead_letters")
      #expect(left == "done settled,open,unnoted settled,young replayed")
    }
  }

  @Test("Another worker that purges is left alone")
  func locked() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.scalar(
        """
        INSERT INTO webhook_events VALUES ('e', 't', 'c', 'ignored', now(), now(), now() - interval '2 days') \
        RETURNING outcome
        """)
      try await rig.database.withTransaction { connection in
        _ = try await connection.query(
          .init("hold", "SELECT pg_try_advisory_xact_lock(\(0x66_7265_7368_01))"))
        #expect(try await rig.store.purgeEvents(olderThan: .seconds(86_400)) == 0)
      }
      #expect(try await rig.store.purgeEvents(olderThan: .seconds(86_400)) == 1)
    }
  }

  @Test("Purging uses the indexes it names")
  func plans() async throws {
    try await StoreRig.with { rig in
      for sql in [
        "INSERT INTO webhook_events SELECT 'e' || i, 't', 'c', 'ignored', now(), now(), now() FROM generate_series(1, 5000) i",
        "INSERT INTO queue_fences SELECT 'c' || i, i FROM generate_series(1, 5000) i", "ANALYZE",
      ] { try await rig.database.withConnection { try await $0.execute(script: sql) } }
      let events = try await rig.plan(
        "SELECT external_event_id FROM webhook_events WHERE processed_at < now() - interval '1 day' ORDER BY processed_at LIMIT 1000 FOR UPDATE SKIP LOCKED"
      )
      #expect(events.contains("webhook_events_processed"))
      let fences = try await rig.plan(
        "SELECT conversation FROM queue_fences WHERE conversation > 'c4' COLLATE \"C\" ORDER BY conversation LIMIT 1000"
      )
      #expect(fences.contains("queue_fences_pkey"))
    }
  }
}

extension StoreRig {
  fileprivate func plan(_ sql: String) async throws -> String {
    let rows = try await database.query(
      PostgresStatement("plan_\(UInt64.random(in: 0 ... .max))", "EXPLAIN " + sql))
    return try rows.map { try $0.text(0) }.joined(separator: "\n")
  }
}

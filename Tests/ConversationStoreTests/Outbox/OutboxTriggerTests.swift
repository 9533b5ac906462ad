import Conversations
import Postgres
import TestSupport
import Testing

/// What the triggers write, whoever changes a row and however.
@Suite struct OutboxTriggerTests {
  private static let first = "00000000-0000-4000-8000-000000000001"
  private static let second = "00000000-0000-4000-8000-000000000002"

  @Test(
    "Each statement writes the conversations and users it touches, the former ones too",
    arguments: [
      ("INSERT INTO conversations (id, user_id) VALUES (gen_random_uuid(), 'new')", ["user:new"]),
      ("UPDATE conversations SET title = 'x' WHERE id = '\(first)'", ["1", "user:alice"]),
      ("UPDATE conversations SET user_id = 'bob' WHERE id = '\(first)'", ["1", "user:alice", "user:bob"]),
      ("UPDATE conversations SET user_id = NULL WHERE id = '\(first)'", ["1", "user:alice"]),
      ("UPDATE conversations SET user_id = 'bob' WHERE id = '\(second)'", ["2", "user:bob"]),
      ("UPDATE conversations SET title = 'x' WHERE id = gen_random_uuid()", []),
      ("DELETE FROM conversations WHERE id = '\(first)'", ["1", "user:alice"]),
      (
        "INSERT INTO messages (conversation_id, position, role, content) VALUES ('\(second)', 0, '', '')",
        ["2"]
      ),
      ("UPDATE messages SET content = 'x'", ["1", "user:alice"]),
      ("UPDATE messages SET user_id = 'carol'", ["1", "user:alice", "user:carol"]),
      ("UPDATE messages SET conversation_id = '\(second)'", ["1", "2", "user:alice"]),
      ("DELETE FROM messages", ["1", "user:alice"]),
      (
        """
        INSERT INTO messages (conversation_id, user_id, position, role, content) VALUES ('\(first)', 'alice', 0, '', '') \
        ON CONFLICT (conversation_id, position) DO UPDATE SET content = 'y'
        """, ["1", "user:alice"]
      ),
      ("TRUNCATE conversations CASCADE", ["1", "2", "user:alice"]),
      ("TRUNCATE messages", ["1", "user:alice"]),
      (
        "COPY messages (conversation_id, user_id, position, role, content) FROM PROGRAM 'echo \(second),dave,0,a,b' CSV",
        ["2", "user:dave"]
      ),
      (
        "BEGIN; SET LOCAL session_replication_role = origin; DELETE FROM conversations; COMMIT",
        ["1", "2", "user:alice"]
      ),
    ])
  func touched(sql: String, expected: [String]) async throws {
    try await StoreRig.with { rig in
      try await prepare(rig)
      try await rig.run(sql)
      let groups = try await rig.outboxGroups()
      let names = Set(groups.compactMap(Self.shortened))
      #expect(names == Set(expected))
    }
  }

  /// `1` and `2` for the two conversations; nil for one that the statement makes itself.
  private static func shortened(_ group: String) -> String? {
    switch group {
    case "conversation:\(first)": "1"
    case "conversation:\(second)": "2"
    default: group.hasPrefix("conversation:") ? nil : group
    }
  }

  /// One conversation of alice with a message, one of nobody.
  private func prepare(_ rig: StoreRig) async throws {
    try await rig.run(
      """
      INSERT INTO conversations (id, user_id) VALUES ('\(Self.first)', 'alice'), ('\(Self.second)', NULL);
      INSERT INTO messages (conversation_id, user_id, position, role, content) \
      VALUES ('\(Self.first)', 'alice', 0, 'user', 'hello');
      DELETE FROM cache_outbox
      """)
  }

  @Test("A conversation that is inserted is written, for its absence may be cached")
  func insertion() async throws {
    try await StoreRig.with { rig in
      try await rig.run("INSERT INTO conversations (id) VALUES ('\(Self.first)')")
      #expect(try await rig.outboxGroups() == ["conversation:\(Self.first)"])
    }
  }

  @Test("A statement that touches many writes few rows, each of at most a thousand groups")
  func chunks() async throws {
    try await StoreRig.with { rig in
      try await rig.run(
        "INSERT INTO conversations (user_id, external_id) SELECT 'u' || i, 'c' || i FROM generate_series(1, 1750) i"
      )
      #expect(try await rig.scalar("SELECT count(*)::text FROM cache_outbox") == "4")
      #expect(try await rig.scalar("SELECT max(cardinality(groups))::text FROM cache_outbox") == "1000")
      #expect(try await rig.outboxGroups().count == 3500)
    }
  }

  @Test("A role that may do no more than change rows is covered, and cannot lead the triggers astray")
  func rights() async throws {
    try await StoreRig.with { rig in
      let role = "role_\(UInt32.random(in: 0 ... .max))"
      try await rig.run(
        """
        CREATE ROLE \(role); GRANT INSERT, UPDATE, DELETE, SELECT ON conversations, messages TO \(role);
        BEGIN;
        SET LOCAL ROLE \(role);
        CREATE TEMP TABLE cache_outbox (groups text[]);
        SET LOCAL search_path = pg_temp, public;
        INSERT INTO public.conversations (id, user_id) VALUES ('\(Self.first)', 'alice');
        COMMIT;
        DROP TABLE pg_temp.cache_outbox; DROP OWNED BY \(role); DROP ROLE \(role)
        """)
      #expect(try await rig.outboxGroups() == ["conversation:\(Self.first)", "user:alice"])
    }
  }

  @Test("What is rolled back leaves nothing")
  func rollback() async throws {
    try await StoreRig.with { rig in
      try await rig.run("BEGIN; INSERT INTO conversations (user_id) VALUES ('alice'); ROLLBACK")
      #expect(try await rig.outboxGroups() == [])
    }
  }
}

extension StoreRig {
  /// Runs SQL as somebody else would: not through the store.
  func run(_ script: String) async throws {
    try await database.withConnection { try await $0.execute(script: script) }
  }

  /// All groups in the outbox.
  func outboxGroups() async throws -> Set<String> {
    let statement = PostgresStatement("outbox_groups", "SELECT DISTINCT unnest(groups) FROM cache_outbox")
    return Set(try await database.query(statement).map { try $0.text(0) })
  }
}

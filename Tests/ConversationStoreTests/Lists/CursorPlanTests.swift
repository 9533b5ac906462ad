import Conversations
import Postgres
import Testing

@testable import ConversationStore

/// How Postgres finds the rows behind a cursor.
@Suite struct CursorPlanTests {
  private static let id = ConversationID(UUIDValue(high: 1, low: 1))
  private static let user = UserID(stored: "u1")
  private static let time = Timestamp(microsecondsSinceEpoch: 1_750_000_000_000_000)

  @Test(
    "Each list enters its index at the cursor, reads on in order, and touches no table whole",
    arguments: [false, true])
  func plans(total: Bool) async throws {
    try await StoreRig.with { rig in
      try await rig.run(
        """
        INSERT INTO conversations (user_id, created_at) \
        SELECT 'u' || i % 200, now() - i * interval '1 s' FROM generate_series(1, 5000) i
        """)
      try await rig.run(
        """
        INSERT INTO messages (conversation_id, user_id, position, role, content, created_at) \
        SELECT c.id, c.user_id, p, 'user', 'x', c.created_at FROM conversations c, generate_series(0, 9) p
        """)
      try await rig.run("VACUUM ANALYZE conversations, messages")
      let conversation = Keyset.conversation(createdAt: Self.time, Self.id)
      let history = Keyset.history(createdAt: Self.time, Self.id, position: 3)
      func all(_ filter: ConversationFilter) throws -> (PostgresStatement, [PostgresParameter]) {
        ConversationStatements.page(filter, try Self.reading(conversation, total))
      }
      try await rig.expectIndex(
        try all(ConversationFilter(userID: Self.user)), "conversations_user_created", sorts: false)
      try await rig.expectIndex(
        MessageStatements.page(of: Self.id, try Self.reading(.message(position: 3), total), in: .everyone),
        "messages_conversation_position", sorts: false)
      // Those of one moment are sorted; never those of more.
      try await rig.expectIndex(
        MessageStatements.page(of: Self.user, try Self.reading(history, total)), "messages_user_history",
        sorts: true)
      guard !total else { return }
      try await rig.expectIndex(try all(ConversationFilter()), "conversations_created", sorts: false)
    }
  }

  private static func reading(_ keyset: Keyset, _ total: Bool) throws -> ListReading {
    let list = ListRequest(page: try #require(PageRequest()), cursor: "x", includesTotal: total)
    return ListReading(list, after: keyset)
  }
}

extension StoreRig {
  /// The plan is the one that a session keeps for all parameters.
  fileprivate func expectIndex(
    _ query: (statement: PostgresStatement, parameters: [PostgresParameter]), _ index: String, sorts: Bool
  ) async throws {
    let types = query.parameters.map { parameter in
      switch parameter {
      case .uuid: "uuid"
      case .timestamp: "timestamptz"
      case .int: "bigint"
      default: "text"
      }
    }
    let values = query.parameters.map { parameter in
      switch parameter {
      case .uuid: "'00000000-0000-0001-0000-000000000001'"
      case .timestamp: "now()"
      case .int: "50"
      default: "'u1'"
      }
    }
    let plan = try await database.withConnection { connection in
      try await connection.execute(
        script: """
          SET plan_cache_mode = force_generic_plan; \
          PREPARE tested (\(types.joined(separator: ","))) AS \(query.statement.sql)
          """)
      let explain = PostgresStatement("plan", "EXPLAIN EXECUTE tested (\(values.joined(separator: ",")))")
      let lines = try await connection.query(explain)
      try await connection.execute(script: "DEALLOCATE tested; RESET ALL; SET timezone = 'UTC'")
      return try lines.map { try $0.text(0) }.joined(separator: "\n")
    }
    let page = plan.components(after: "Limit")
    #expect(page.contains("using \(index)"), "\(plan)")
    #expect(page.contains("Index Cond"), "\(plan)")
    #expect(page.contains("Incremental Sort") == sorts, "\(plan)")
    #expect(!page.replacing("Incremental Sort", with: "").contains("Sort  ("), "\(plan)")
    #expect(!plan.contains("Seq Scan"), "\(plan)")
  }
}

extension String {
  /// What comes behind the first occurrence.
  fileprivate func components(after text: String) -> Substring {
    firstRange(of: text).map { self[$0.upperBound...] } ?? ""
  }
}

import Postgres
import Testing

@testable import ConversationStore

/// How Postgres finds rows of the outbox.
@Suite struct OutboxPlanTests {
  private static let statements: [(PostgresStatement, types: String, values: String, index: String)] = [
    (OutboxStatements.written, "", "", "cache_outbox_transaction"),
    (OutboxStatements.mark, "(bigint[], text)", "('{1,2}', 's')", "cache_outbox_pkey"),
    (OutboxStatements.unconfirmed, "(bigint[])", "('{1,2}')", "cache_outbox_pkey"),
    (OutboxStatements.due, "(text, bigint, bigint)", "('s|00000001', 200, 900)", "cache_outbox_done_by"),
    (OutboxStatements.purge, "(bigint, bigint)", "(900, 5000)", "cache_outbox_pkey"),
    (OutboxStatements.dismiss, "(bigint)", "(5000)", "cache_outbox_done_by"),
  ]

  @Test(
    "Each statement finds its rows by its index, whether the table was empty or full when it was planned",
    arguments: statements.indices, [0, 20_000])
  func plans(number: Int, rows: Int) async throws {
    let (statement, types, values, index) = Self.statements[number]
    try await StoreRig.with { rig in
      try await rig.run(
        """
        INSERT INTO cache_outbox (groups, done_by, done_at) \
        SELECT '{user:a}', 's|00000001', now() FROM generate_series(1, \(rows))
        """)
      try await rig.run("VACUUM ANALYZE cache_outbox")
      let plan = try await rig.database.withConnection { connection in
        try await connection.execute(
          script: """
            \(OutboxStatements.planning.sql.replacing("true)", with: "false)"));
            SET plan_cache_mode = force_generic_plan; PREPARE tested \(types) AS \(statement.sql)
            """)
        let lines = try await connection.query(PostgresStatement("plan", "EXPLAIN EXECUTE tested \(values)"))
        try await connection.execute(script: "DEALLOCATE tested; RESET ALL; SET timezone = 'UTC'")
        return try lines.map { try $0.text(0) }.joined(separator: "\n")
      }
      #expect(plan.contains(index), "\(plan)")
      #expect(!plan.contains("Seq Scan on cache_outbox"), "\(plan)")
    }
  }
}

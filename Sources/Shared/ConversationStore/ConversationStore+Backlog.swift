import Postgres

/// How much the relay has before it.
package struct OutboxBacklog: Sendable, Equatable {
  /// Writes that nobody has confirmed to be invalidated; 10,000 stand for more.
  package let pending: Int
  /// How long ago the first of them was made; zero without any.
  package let oldest: Duration

  package init(pending: Int, oldest: Duration) {
    self.pending = pending
    self.oldest = oldest
  }
}

extension ConversationStore {
  /// Looks at the outbox, for metrics.
  ///
  /// - Throws: `PostgresError`, also when the database has no outbox yet.
  package func outboxBacklog() async throws -> OutboxBacklog {
    let row = try await databases.primary.query(Self.backlog).only()
    return OutboxBacklog(pending: Int(try row.int(0)), oldest: .microseconds(try row.int(1)))
  }

  /// By the partial index on `id` of what is not done. Ids are drawn as rows are written: the first is the oldest.
  private static let backlog = PostgresStatement(
    "outbox_backlog",
    """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(written_at)) * 1000000, 0)::bigint
    FROM (SELECT written_at FROM cache_outbox WHERE done_by IS NULL ORDER BY id LIMIT 10000) AS pending
    """)
}

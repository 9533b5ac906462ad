import Postgres

/// How much the relay has before it.
package struct OutboxBacklog: Sendable, Equatable {
  /// Writes that nobody has confirmed to be invalidated; 10,000 stand for more.
  package let pending: Int
  /// How long ago the first of them was made; zero without any. Of more than 10,000 it may be another one.
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
    // In a transaction for its deadline, which counts the wait for a connection.
    let results = try await databases.primary.withTransaction(deadline: .seconds(1)) {
      try await $0.queries([(OutboxStatements.planning, []), (OutboxStatements.backlog, [])])
    }
    let row = try results[1].only()
    return OutboxBacklog(pending: Int(try row.int(0)), oldest: .microseconds(try row.int(1)))
  }
}

import NIOConcurrencyHelpers
import Postgres

/// The transaction of a client's write.
struct WriteTransaction: Sendable {
  let connection: PostgresConnection
  /// What the triggers wrote so far; of use to the caller also when the transaction fails.
  let recorded: NIOLockedValueBox<[OutboxRow]>

  /// Runs statements that change conversations or messages, and learns in the same round trip what that touched.
  func change(
    _ statements: [(PostgresStatement, [PostgresParameter])]
  ) async throws -> [PostgresResult] {
    let results = try await connection.queries(
      statements + [(OutboxStatements.planning, []), (OutboxStatements.written, [])])
    let rows = try results[results.count - 1].map { try OutboxRow($0) }
    recorded.withLockedValue { $0 = rows }
    return Array(results.prefix(statements.count))
  }
}

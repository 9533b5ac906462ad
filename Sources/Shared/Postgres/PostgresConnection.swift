/// A connection lent for exclusive use; invalid once the closure it was lent to has returned.
package final class PostgresConnection: Sendable {
  /// Runs one statement. A deadline or cancellation stops it on the server and fails the transaction around it.
  package func query(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [], deadline: Duration? = nil
  ) async throws(PostgresError) -> PostgresResult {
    fatalError("lands next")
  }

  /// Runs statements in order in one round trip, each with its result. The first that fails is thrown and
  /// those after it do not run.
  package func queries(
    _ statements: [(PostgresStatement, [PostgresParameter])], deadline: Duration? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    fatalError("lands next")
  }

  /// Runs a script of several statements separated by semicolons, without parameters and results; outside a
  /// transaction it is one of its own.
  package func execute(script: String, deadline: Duration? = nil) async throws(PostgresError) {
    fatalError("lands next")
  }
}

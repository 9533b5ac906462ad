package import Logging
import ServiceLifecycle

/// All access to one Postgres server or set of hosts: pipelined statements, and exclusive connections for
/// transactions.
package final class PostgresClient: Sendable, Service {
  /// A client for `url`. Nothing is connected before the first call or `run()`.
  package init(url: PostgresURL, settings: PostgresClientSettings = .init(), logger: Logger) {
  }

  /// Serves until graceful shutdown (work in flight finishes first) or cancellation (which fails it).
  package func run() async throws {
    fatalError("lands next")
  }

  /// Whether at least one connection is open.
  package var isReachable: Bool {
    fatalError("lands next")
  }

  /// Asks the server for a sign of life; throws why there is none.
  package func ping(within deadline: Duration) async throws(PostgresError) {
    fatalError("lands next")
  }

  /// Runs one statement in its own implicit transaction on a connection shared with other callers. For
  /// statements with an index-bounded cost: whoever is behind in the line waits.
  ///
  /// A caller that is cancelled or out of time leaves at once; the statement itself may still run.
  package func query(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [], deadline: Duration? = nil
  ) async throws(PostgresError) -> PostgresResult {
    fatalError("lands next")
  }

  /// Lends a connection that nobody else uses meanwhile.
  package nonisolated(nonsending) func withConnection<Value>(
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    fatalError("lands next")
  }

  /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws or its task is cancelled.
  package nonisolated(nonsending) func withTransaction<Value>(
    deadline: Duration? = nil,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    fatalError("lands next")
  }
}

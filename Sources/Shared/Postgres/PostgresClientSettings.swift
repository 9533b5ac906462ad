/// How a `PostgresClient` behaves beyond what its URL says.
package struct PostgresClientSettings: Sendable {
  /// Connections that carry pipelined statements; the rest of `connection_limit` is for exclusive use.
  /// At least 1. With a limit of 1 the same connection serves both in turn.
  package var pipelinedConnections = 2
  /// Statements in flight on one pipelined connection above which `query` fails with `overloaded`;
  /// also the bound of callers waiting for an exclusive connection.
  package var maximumPendingStatements = 10_000
  /// The server's `statement_timeout` on pipelined connections: bounds how long one statement holds up the
  /// rest.
  package var statementTimeout: Duration = .seconds(2)
  /// The server's `statement_timeout` on exclusive connections, and how long a transaction may sit idle
  /// there.
  package var exclusiveStatementTimeout: Duration = .seconds(30)
  /// The deadline of a statement that was given none. `socket_timeout` in the URL takes precedence.
  package var defaultDeadline: Duration = .seconds(5)
  /// How long a connection may take to become clean after its user left it (cancel, ROLLBACK) before it is
  /// replaced.
  package var cleanupTimeout: Duration = .seconds(2)
  /// How long work in flight may take to finish after a graceful shutdown began.
  package var drainTimeout: Duration = .seconds(10)
  /// The pause before the second attempt to reach the server; doubled for each further one.
  package var firstReconnectDelay: Duration = .milliseconds(50)
  /// The longest pause between attempts. Full jitter, but never below a tenth.
  package var maximumReconnectDelay: Duration = .seconds(1)
  /// Whether statements are prepared once per connection; off behind PgBouncer before 1.21.
  /// `pgbouncer=true` in the URL turns it off as well.
  package var preparedStatements = true
  /// Shown in `pg_stat_activity`, unless the URL names another.
  package var applicationName = "freshet"

  /// The defaults.
  package init() {}
}

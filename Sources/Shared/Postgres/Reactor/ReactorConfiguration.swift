internal import Logging

/// What the reactor makes of URL and settings.
struct ReactorConfiguration: Sendable {
  let url: PostgresURL
  let settings: PostgresClientSettings
  let logger: Logger

  /// One pipelined connection less than `connection_limit` at most: transactions need one as well.
  var limits: PoolStateMachine.Limits {
    PoolStateMachine.Limits(
      connections: url.connectionLimit,
      pipelined: min(max(settings.pipelinedConnections, 1), url.connectionLimit - 1),
      waiters: settings.maximumPendingStatements,
      backoff: ReconnectBackoff(first: settings.firstReconnectDelay, maximum: settings.maximumReconnectDelay))
  }

  var poolTimeout: Duration? { url.poolTimeout }
  var cleanupTimeout: Duration { settings.cleanupTimeout }
  var drainTimeout: Duration { settings.drainTimeout }
  var statementCapacity: Int { settings.preparedStatements ? url.statementCacheSize : 0 }
  var defaultDeadline: Duration { url.socketTimeout ?? settings.defaultDeadline }

  /// When a server that should have ended the statement in front is given up. Behind PgBouncer, where no
  /// `statement_timeout` is set, it is this that bounds a statement.
  var stallTimeout: Duration { settings.statementTimeout + .seconds(3) }

  func opener(_ role: ConnectionRole, _ mailbox: Mailbox) -> ConnectionOpener {
    ConnectionOpener(
      attempts: url.attempts(applicationName: settings.applicationName), timeout: url.connectTimeout,
      session: SessionSettings(
        statementTimeout: role == .pipelined ? settings.statementTimeout : settings.exclusiveStatementTimeout,
        idleInTransactionTimeout: settings.exclusiveStatementTimeout,
        options: url.connection["options"] ?? ""),
      isAbandoned: { mailbox.isClosed })
  }
}

import Postgres

/// SQL of the relay's leader, in its transaction, which lasts for seconds.
enum RelayStatements {
  /// For an answer of the server.
  static let patience = Duration.seconds(2)

  /// Each statement sees what has been committed by then, and between two no snapshot keeps rows from being vacuumed.
  static let isolation = PostgresStatement(
    "relay_isolation", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

  /// A leader that is frozen or cut off loses its transaction, and with it the lock, so soon that another one extends the
  /// trust in time. Plans must not be those of a table that was empty once.
  static let bounds = PostgresStatement(
    "relay_bounds",
    """
    SELECT set_config('statement_timeout', '2s', true), \
    set_config('idle_in_transaction_session_timeout', '1250ms', true), set_config('enable_seqscan', 'off', true)
    """)

  /// Of the primary; an error on a standby.
  static let timeline = PostgresStatement(
    "relay_timeline", "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")
}

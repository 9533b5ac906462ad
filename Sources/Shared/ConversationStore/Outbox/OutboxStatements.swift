import Postgres

/// SQL of the outbox. Each statement names the index it uses.
enum OutboxStatements {
  /// Sent before the others, in the same transaction: plans are made once for a session and must not be those of a table
  /// that was empty then.
  static let planning = PostgresStatement(
    "outbox_planning", "SELECT set_config('enable_seqscan', 'off', true)")

  /// The same for what may as well be lost: the relay does it again.
  static let noDiskWait = PostgresStatement(
    "outbox_no_disk_wait",
    "SELECT set_config('enable_seqscan', 'off', true), set_config('synchronous_commit', 'off', true)")

  /// What the triggers wrote in this transaction so far. Index: cache_outbox_transaction.
  static let written = PostgresStatement(
    "outbox_written",
    "SELECT id, groups FROM cache_outbox WHERE transaction = pg_current_xact_id_if_assigned()")

  /// Says of rows that a server confirmed them. Who is about to write the same row does so for the same reason.
  /// Index: primary key.
  static let mark = PostgresStatement(
    "outbox_mark",
    """
    UPDATE cache_outbox o SET done_at = clock_timestamp(), \
    done_by = $2 || '|' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) \
    FROM (SELECT id FROM cache_outbox WHERE id = ANY($1::bigint[]) FOR UPDATE SKIP LOCKED) d WHERE o.id = d.id
    """)

  /// How many of the rows no server has confirmed. Index: primary key.
  static let unconfirmed = PostgresStatement(
    "outbox_unconfirmed",
    """
    SELECT count(*) FILTER (WHERE done_by IS NULL OR done_by = '\(unasked)') FROM cache_outbox \
    WHERE id = ANY($1::bigint[])
    """)

  /// Rows that the server and timeline `$1` have not confirmed: those never done, however old, for a transaction may
  /// commit long after it wrote them, but not the youngest, whose writers are about to mark them (`$2` ms); and of those
  /// done by others the ones of the last `$3` s. No row twice in one page; a page ends at 500 rows or 2,000 groups.
  /// Index: cache_outbox_done_by, three times.
  static let due = PostgresStatement(
    "outbox_due",
    """
    SELECT id, groups FROM (SELECT id, groups, \
    sum(cardinality(groups)) OVER (ROWS UNBOUNDED PRECEDING) - cardinality(groups) AS before FROM (\
    SELECT id, groups FROM cache_outbox WHERE done_by IS NULL \
    AND (written_at <= statement_timestamp() - $2 * interval '1 ms' OR written_at > statement_timestamp()) \
    UNION ALL SELECT id, groups FROM cache_outbox \
    WHERE done_by < $1 AND done_at > statement_timestamp() - $3 * interval '1 s' \
    UNION ALL SELECT id, groups FROM cache_outbox \
    WHERE done_by > $1 AND done_at > statement_timestamp() - $3 * interval '1 s' \
    LIMIT \(pageRows)) AS due) AS page WHERE before < \(pageGroups)
    """)

  static let pageRows = 500
  static let pageGroups = 2000

  /// Looks at the oldest rows and deletes those done so many seconds ago. Index: primary key, from its start.
  static let purge = PostgresStatement(
    "outbox_purge",
    """
    DELETE FROM cache_outbox WHERE id = ANY(ARRAY(SELECT id FROM (\
    SELECT id, done_at FROM cache_outbox ORDER BY id LIMIT $2) AS oldest \
    WHERE done_at < statement_timestamp() - $1 * interval '1 s'))
    """)

  /// How many rows are not done, as far as one cares to count, and the age of the oldest in microseconds.
  /// Index: cache_outbox_done_by.
  static let backlog = PostgresStatement(
    "outbox_backlog",
    """
    SELECT count(*), \
    coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(written_at)) * 1000000), 0)::bigint \
    FROM (SELECT written_at FROM cache_outbox WHERE done_by IS NULL LIMIT 10000) AS pending
    """)

  /// What stands in for a server's name where there is no cache.
  static let unasked = "off"

  /// With no cache there is nothing to be done. Somebody else's relay takes these for not done.
  /// Index: cache_outbox_done_by.
  static let dismiss = PostgresStatement(
    "outbox_dismiss",
    """
    UPDATE cache_outbox SET done_by = '\(unasked)', done_at = clock_timestamp() WHERE id = ANY(ARRAY(\
    SELECT id FROM cache_outbox WHERE done_by IS NULL LIMIT $1 FOR UPDATE SKIP LOCKED))
    """)
}

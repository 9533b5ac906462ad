import Postgres

/// SQL of the upkeep. Nothing here waits for a row that a writer holds, so it takes no part in the lock order; no
/// statement touches more than its batch.
enum UpkeepStatements {
  /// Ends with the transaction, also behind PgBouncer.
  static let lock = PostgresStatement("upkeep_lock", "SELECT pg_try_advisory_xact_lock($1)")

  /// One row if the task is due, which nobody else will find before the interval is over. Index: primary key.
  static let claim = PostgresStatement(
    "upkeep_claim",
    """
    INSERT INTO upkeep_runs AS r (task, ran_at) VALUES ($1, now()) \
    ON CONFLICT (task) DO UPDATE SET ran_at = now() \
    WHERE r.ran_at <= now() - $2 * interval '1 second' RETURNING task
    """)

  /// Index: webhook_events_processed.
  static let purgeEvents = PostgresStatement(
    "upkeep_purge_events",
    """
    DELETE FROM webhook_events WHERE external_event_id IN (\
    SELECT external_event_id FROM webhook_events WHERE processed_at < now() - $1 * interval '1 second' \
    ORDER BY processed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    """)

  /// Index: dead_letters_resolved.
  static let purgeLetters = PostgresStatement(
    "upkeep_purge_letters",
    """
    DELETE FROM dead_letters WHERE event_id IN (\
    SELECT event_id FROM dead_letters WHERE resolution IS NOT NULL \
    AND resolved_at < now() - $1 * interval '1 second' ORDER BY resolved_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    """)

  /// Index: idempotency_keys_created.
  static let purgeIdempotencyKeys = PostgresStatement(
    "upkeep_purge_idempotency_keys",
    """
    DELETE FROM idempotency_keys WHERE (principal, route, key) IN (\
    SELECT principal, route, key FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 second' \
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    """)

  /// Finds letters whose events were sent again and committed, or were replayed when nobody could note it. One that is
  /// still dead in Redis is not purged from there, being no open letter, but copied again, and then settled there.
  /// Indexes: dead_letters_unresolved, primary key of webhook_events.
  static let settleLetters = PostgresStatement(
    "upkeep_settle_letters",
    """
    UPDATE dead_letters SET resolution = 'settled', resolved_at = now(), payload = NULL WHERE event_id IN (\
    SELECT d.event_id FROM dead_letters d JOIN webhook_events w ON w.external_event_id = d.event_id \
    WHERE d.resolution IS NULL ORDER BY d.died_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
    """)

  /// One step of a walk over all fences: where the step ends, null behind the last; and how many were purged.
  ///
  /// By the primary key, every row once. An index on `updated_at`, which every event changes, would make of each
  /// such update a write to both indexes (no HOT update) for the sake of a walk that runs a few times a day.
  static let purgeFences = PostgresStatement(
    "upkeep_purge_fences",
    """
    WITH page AS (SELECT conversation FROM queue_fences WHERE conversation > $1 COLLATE "C" \
    ORDER BY conversation LIMIT $3), \
    old AS (SELECT conversation FROM queue_fences WHERE conversation > $1 COLLATE "C" \
    AND conversation <= (SELECT max(conversation) FROM page) \
    AND updated_at < now() - $2 * interval '1 second' FOR UPDATE SKIP LOCKED), \
    gone AS (DELETE FROM queue_fences WHERE conversation IN (SELECT conversation FROM old) RETURNING 1) \
    SELECT (SELECT max(conversation) FROM page), (SELECT count(*) FROM gone)
    """)
}

/// What at most one process does at a time.
enum UpkeepLock: Int64 {
  // 'fresh' in ASCII, then a number: other programs on this database have locks of their own.
  case purge = 0x66_7265_7368_01
  case deadLetters = 0x66_7265_7368_02
  case relay = 0x66_7265_7368_03

  /// Held until the transaction ends.
  ///
  /// - Returns: false if another worker has it.
  func acquire(_ connection: PostgresConnection) async throws -> Bool {
    try await connection.query(UpkeepStatements.lock, [.int(rawValue)]).only().bool(0)
  }
}

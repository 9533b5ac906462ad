import Postgres

/// SQL of the table of dead letters. Each statement names the index it uses.
enum DeadLetterStatements {
  /// What ``DeadLetter`` is decoded from, in its order, without the payload.
  private static let summary = """
    event_id, conversation, traceparent, reason, failure_class, message, deliveries, strikes, enqueued_at, died_at, \
    coalesce(octet_length(payload), 0)
    """

  /// Index: primary key. An event that died again is what it is now. A letter that Redis has forgotten is the last
  /// copy: who read that death earlier and comes late must not make it look like one that Redis still has.
  static let copy = PostgresStatement(
    "dead_letter_copy",
    """
    INSERT INTO dead_letters AS d (event_id, conversation, payload, traceparent, reason, failure_class, message, \
    deliveries, strikes, enqueued_at, died_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
    ON CONFLICT (event_id) DO UPDATE SET conversation = EXCLUDED.conversation, payload = EXCLUDED.payload, \
    traceparent = EXCLUDED.traceparent, reason = EXCLUDED.reason, failure_class = EXCLUDED.failure_class, \
    message = EXCLUDED.message, deliveries = EXCLUDED.deliveries, strikes = EXCLUDED.strikes, \
    enqueued_at = EXCLUDED.enqueued_at, died_at = EXCLUDED.died_at, copied_at = now(), purged_at = NULL, \
    resolution = NULL, resolved_at = NULL \
    WHERE d.purged_at IS NULL OR d.died_at < EXCLUDED.died_at OR d.resolution IS NOT NULL
    """)

  /// Takes back copies of deaths that were over before the copy was. Index: primary key.
  static let withdraw = PostgresStatement(
    "dead_letter_withdraw",
    """
    DELETE FROM dead_letters d USING unnest($1::text[], $2::timestamptz[]) AS n (id, died_at) \
    WHERE d.event_id = n.id AND d.died_at = n.died_at AND d.resolution IS NULL AND d.purged_at IS NULL
    """)

  /// Says that Redis is about to forget them, and which of them are safe here. Index: primary key.
  static let markPurged = PostgresStatement(
    "dead_letter_purged",
    """
    UPDATE dead_letters SET purged_at = now() WHERE event_id = ANY($1::text[]) AND resolution IS NULL \
    RETURNING event_id
    """)

  /// What is over needs no content any more. Index: primary key.
  static let resolve = PostgresStatement(
    "dead_letter_resolve",
    """
    UPDATE dead_letters SET resolution = $2, resolved_at = now(), payload = NULL \
    WHERE event_id = ANY($1::text[]) AND resolution IS NULL
    """)

  /// With their payloads, and whether they committed after all. Indexes: primary keys of dead_letters and
  /// webhook_events.
  static let unresolved = PostgresStatement(
    "dead_letter_unresolved",
    """
    SELECT \(summary), payload, \
    EXISTS (SELECT FROM webhook_events w WHERE w.external_event_id = d.event_id) FROM dead_letters d \
    WHERE event_id = ANY($1::text[]) AND resolution IS NULL ORDER BY died_at, event_id
    """)

  /// A page of what only Postgres has, longest dead first; a null class means any.
  /// Index: dead_letters_unresolved.
  static let oldest = PostgresStatement(
    "dead_letter_oldest",
    """
    SELECT \(summary) FROM dead_letters WHERE resolution IS NULL AND purged_at IS NOT NULL \
    AND (died_at, event_id) > ($1, $2 COLLATE "C") AND died_at <= $3 \
    AND ($4::text IS NULL OR failure_class = $4) ORDER BY died_at, event_id LIMIT $5
    """)

  /// The newest of what only Postgres has; a null class means any. Index: dead_letters_unresolved, backwards.
  static let newest = PostgresStatement(
    "dead_letter_newest",
    """
    SELECT \(summary) FROM dead_letters WHERE resolution IS NULL AND purged_at IS NOT NULL \
    AND ($1::text IS NULL OR failure_class = $1) ORDER BY died_at DESC, event_id DESC LIMIT $2
    """)

  /// What only Postgres has, by class. Index: dead_letters_unresolved.
  static let counts = PostgresStatement(
    "dead_letter_counts",
    """
    SELECT failure_class, count(*) FROM dead_letters WHERE resolution IS NULL AND purged_at IS NOT NULL \
    GROUP BY failure_class
    """)
}

import Postgres

/// SQL of erasures. Each statement names the index it uses. Rows of this table are locked last, or alone.
enum ErasureStatements {
  /// Index: erasures_external_id_key as the arbiter.
  static let requestConversations = PostgresStatement(
    "erasure_request_conversations",
    """
    INSERT INTO erasures (external_id) SELECT n.id FROM unnest($1::text[]) AS n (id) ORDER BY n.id COLLATE "C" \
    ON CONFLICT (external_id) DO UPDATE SET requested_at = clock_timestamp(), due_at = clock_timestamp()
    """)

  /// Index: erasures_user_id_key as the arbiter.
  static let requestUser = PostgresStatement(
    "erasure_request_user",
    """
    INSERT INTO erasures (user_id) VALUES ($1) \
    ON CONFLICT (user_id) DO UPDATE SET requested_at = clock_timestamp(), due_at = clock_timestamp()
    """)

  /// What ``PendingErasure`` is decoded from. While a tombstone stands nothing of the conversation is needed; once it was
  /// lifted, what was accepted after the deletion is.
  private static let columns = """
    e.id, e.user_id, e.external_id, e.requested_at, \
    CASE WHEN EXISTS (SELECT FROM deleted_conversations d \
    WHERE d.external_id_sha256 = sha256(convert_to(e.external_id, 'UTF8'))) \
    THEN clock_timestamp() ELSE e.requested_at END, \
    e.requested_at <= clock_timestamp() - $1 * interval '1 second'
    """

  /// Takes on what is due, for `$2` s, the longest due first. Index: erasures_due.
  static let claimDue = PostgresStatement(
    "erasure_claim_due",
    """
    UPDATE erasures e SET due_at = clock_timestamp() + $2 * interval '1 second' WHERE e.id = ANY(ARRAY(\
    SELECT id FROM erasures WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
    RETURNING \(columns)
    """)

  /// Takes on that of one conversation, whoever else may have. Index: erasures_external_id_key.
  static let claimConversation = PostgresStatement(
    "erasure_claim_conversation",
    """
    UPDATE erasures e SET due_at = clock_timestamp() + $2 * interval '1 second' WHERE e.external_id = $3 \
    RETURNING \(columns)
    """)

  /// How many there are, as far as one cares to count. Index: primary key, or none: the table is small in health.
  static let count = PostgresStatement(
    "erasure_count", "SELECT count(*) FROM (SELECT FROM erasures LIMIT 10000) AS pending")

  /// Forgets what is done for good, unless it was requested again meanwhile. Index: primary key.
  static let finish = PostgresStatement(
    "erasure_finish",
    """
    DELETE FROM erasures e USING unnest($1::bigint[], $2::timestamptz[]) AS n (id, requested_at) \
    WHERE e.id = n.id AND e.requested_at = n.requested_at
    """)

  /// Puts off what is done for now until it can be done for good (`$3` s after the request). Index: primary key.
  static let putOff = PostgresStatement(
    "erasure_put_off",
    """
    UPDATE erasures e SET due_at = e.requested_at + $3 * interval '1 second' \
    FROM unnest($1::bigint[], $2::timestamptz[]) AS n (id, requested_at) \
    WHERE e.id = n.id AND e.requested_at = n.requested_at
    """)

  /// Lets go of what is not done: due again in `$2` s. Index: primary key.
  static let letGo = PostgresStatement(
    "erasure_let_go",
    "UPDATE erasures SET due_at = clock_timestamp() + $2 * interval '1 second' WHERE id = ANY($1::bigint[])")

  /// Deletes dead letters of conversations; those that were still dead are recorded as events of a deleted conversation.
  /// Indexes: dead_letters_conversation, primary key of webhook_events.
  static let letters = PostgresStatement(
    "erasure_letters",
    """
    WITH gone AS (DELETE FROM dead_letters d USING unnest($1::text[], $2::timestamptz[]) AS n (id, until) \
    WHERE d.conversation = n.id AND d.enqueued_at <= n.until \
    RETURNING d.event_id, d.conversation, d.enqueued_at, d.resolution) \
    INSERT INTO webhook_events (external_event_id, event_type, external_id, outcome, event_time, received_at) \
    SELECT event_id, $3, conversation, 'deleted', enqueued_at, enqueued_at FROM gone WHERE resolution IS NULL \
    ORDER BY event_id COLLATE "C" ON CONFLICT (external_event_id) DO NOTHING
    """)

  /// Locks some of a user's conversations, in the one order of all writers, of those made before `$2`.
  /// Indexes: conversations_user_created, primary key.
  static let lockConversations = PostgresStatement(
    "erasure_lock_conversations",
    """
    SELECT id, external_id FROM conversations WHERE id = ANY(ARRAY(\
    SELECT id FROM conversations WHERE user_id = $1 AND created_at <= $2 ORDER BY created_at DESC, id DESC LIMIT $3)) \
    AND user_id = $1 ORDER BY external_id FOR UPDATE
    """)

  /// Whether any of a user's conversations made before `$2` is left. Index: conversations_user_created.
  static let hasConversations = PostgresStatement(
    "erasure_has_conversations",
    "SELECT EXISTS (SELECT FROM conversations WHERE user_id = $1 AND created_at <= $2)")

  /// Deletes what is kept of a user's requests, but for those made after `$2`. Index: primary key of idempotency_keys.
  static let answers = PostgresStatement(
    "erasure_answers", "DELETE FROM idempotency_keys WHERE principal = $1 AND created_at <= $2")

  /// Index: primary key of deleted_conversations.
  static let bury = PostgresStatement(
    "erasure_bury",
    """
    INSERT INTO deleted_conversations (external_id_sha256) SELECT sha256(convert_to(n.id, 'UTF8')) \
    FROM unnest($1::text[]) AS n (id) ORDER BY 1 ON CONFLICT DO NOTHING
    """)
}

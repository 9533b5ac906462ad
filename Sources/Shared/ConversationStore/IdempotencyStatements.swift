import Postgres

/// SQL of the idempotency keys. Each statement names the index it uses.
enum IdempotencyStatements {
  /// Whether nobody else is at a request with this key, here or on another instance. Ends with the transaction, and so with
  /// the death of whoever had it.
  static let lock = PostgresStatement(
    "idempotency_lock", "SELECT pg_try_advisory_xact_lock(hashtextextended($2 || ' ' || $1 || ' ' || $3, 0))")

  /// What came of a request with this key in the last `$4` s: fingerprint, refusal, the conversation, its answer and its
  /// owner. Indexes: primary keys.
  static let find = PostgresStatement(
    "idempotency_find",
    """
    SELECT k.request_sha256, k.refusal, k.conversation_id, k.body, c.user_id \
    FROM idempotency_keys k LEFT JOIN conversations c ON c.id = k.conversation_id \
    WHERE k.principal = $1 AND k.route = $2 AND k.key = $3 AND k.created_at > now() - $4 * interval '1 second'
    """)

  /// Index: primary key as the arbiter. What stood there is too old to be honoured.
  static let keep = PostgresStatement(
    "idempotency_keep",
    """
    INSERT INTO idempotency_keys (principal, route, key, request_sha256, refusal, conversation_id, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (principal, route, key) DO UPDATE SET \
    request_sha256 = EXCLUDED.request_sha256, refusal = EXCLUDED.refusal, created_at = now(), \
    conversation_id = EXCLUDED.conversation_id, body = EXCLUDED.body
    """)
}

import Postgres

/// SQL that applies a batch of events, in the one lock order of every writer: fences, conversations,
/// webhook_events, messages, each sorted.
enum EventStatements {
  /// No wait in the transaction outlives the worker's patience, nor a worker that was stopped in it. Plans are made once
  /// for a session and must not be those of a table that was empty then. A batch of messages, which the triggers get a copy
  /// of, is not to go to the disk for that.
  static let bounds = PostgresStatement(
    "events_bounds",
    """
    SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '10s', true), \
    set_config('idle_in_transaction_session_timeout', '10s', true), set_config('enable_seqscan', 'off', true), \
    set_config('work_mem', '16MB', true)
    """)

  /// Raises the fences of the batch and returns the conversations, except those with a newer one stored.
  /// Index: primary key of queue_fences.
  static let raiseFences = PostgresStatement(
    "events_raise_fences",
    """
    INSERT INTO queue_fences AS q (conversation, fence) \
    SELECT * FROM unnest($1::text[], $2::bigint[]) AS n (conversation, fence) \
    ORDER BY n.conversation COLLATE "C" \
    ON CONFLICT (conversation) DO UPDATE SET fence = EXCLUDED.fence, updated_at = now() \
    WHERE q.fence <= EXCLUDED.fence RETURNING conversation
    """)

  /// The fences as stored now, of conversations that did not get theirs raised.
  /// Index: primary key of queue_fences.
  static let fences = PostgresStatement(
    "events_fences", "SELECT conversation, fence FROM queue_fences WHERE conversation = ANY($1::text[])")

  /// Creates conversations nobody has yet, unless deleted. Indexes: conversations_external_id, primary key of
  /// deleted_conversations.
  static let createConversations = PostgresStatement(
    "events_create_conversations",
    """
    INSERT INTO conversations (id, external_id) \
    SELECT n.id, n.conversation FROM unnest($1::uuid[], $2::text[]) AS n (id, conversation) \
    WHERE NOT EXISTS (SELECT FROM deleted_conversations d \
    WHERE d.external_id_sha256 = sha256(convert_to(n.conversation, 'UTF8'))) \
    ORDER BY n.conversation COLLATE "C" ON CONFLICT (external_id) DO NOTHING
    """)

  /// Locks the conversations in the one order. A statement of its own: it must see what was waited for before, be it a
  /// fence or an insert. With them comes what is stored of their transcripts, which nobody changes who has not raised
  /// the fence. Indexes: conversations_external_id, primary key of conversation_transcripts.
  static let lockConversations = PostgresStatement(
    "events_lock_conversations",
    """
    SELECT \(ConversationStatements.columns), t.event_time, t.entry_count, encode(t.content_sha256, 'hex') \
    FROM conversations LEFT JOIN conversation_transcripts t ON t.conversation_id = id \
    WHERE external_id = ANY($1::text[]) ORDER BY external_id FOR UPDATE OF conversations
    """)

  /// Which of the conversations were deleted. Index: primary key of deleted_conversations.
  static let tombstones = PostgresStatement(
    "events_tombstones",
    """
    SELECT n.conversation FROM unnest($1::text[]) AS n (conversation) JOIN deleted_conversations d \
    ON d.external_id_sha256 = sha256(convert_to(n.conversation, 'UTF8'))
    """)

  /// Which of the events were applied before. Index: primary key of webhook_events.
  static let recorded = PostgresStatement(
    "events_recorded",
    "SELECT external_event_id FROM webhook_events WHERE external_event_id = ANY($1::text[])")

  /// Records the events with their outcomes; one that is not returned was recorded meanwhile.
  /// Index: primary key of webhook_events.
  static let record = PostgresStatement(
    "events_record",
    """
    INSERT INTO webhook_events \
    (external_event_id, event_type, external_id, outcome, event_time, received_at) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], \
    $6::timestamptz[]) AS n (id, type, conversation, outcome, event_time, received_at) \
    ORDER BY n.id COLLATE "C" ON CONFLICT (external_event_id) DO NOTHING RETURNING external_event_id
    """)

  /// The changed conversations, unnested; metadata is null where it stays. Index: primary key.
  static let updateConversations = PostgresStatement(
    "events_update_conversations",
    """
    UPDATE conversations c SET status = n.status, transcript_received = n.received, \
    shutdown_reason = n.reason, recording_url = n.recording, started_at = n.started, ended_at = n.ended, \
    metadata = coalesce(n.metadata::jsonb, c.metadata), updated_at = clock_timestamp() \
    FROM unnest($1::uuid[], $2::text[], $3::bool[], $4::text[], $5::text[], $6::timestamptz[], \
    $7::timestamptz[], $8::text[]) \
    AS n (id, status, received, reason, recording, started, ended, metadata) WHERE c.id = n.id
    """)

  /// What is stored now of each transcript. Index: primary key of conversation_transcripts.
  static let recordTranscripts = PostgresStatement(
    "events_record_transcripts",
    """
    INSERT INTO conversation_transcripts (conversation_id, event_time, entry_count, content_sha256) \
    SELECT n.id, n.event_time, n.entry_count, decode(n.digest, 'hex') \
    FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::text[]) \
    AS n (id, event_time, entry_count, digest) \
    ON CONFLICT (conversation_id) DO UPDATE SET event_time = EXCLUDED.event_time, \
    entry_count = EXCLUDED.entry_count, content_sha256 = EXCLUDED.content_sha256
    """)
}

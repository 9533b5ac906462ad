import Conversations
import Postgres

/// SQL of the messages table. Each statement names the index it uses.
enum MessageStatements {
  /// The columns that `MessageRow` decodes, in its order.
  static let columns = "m.id, m.conversation_id, m.role, m.content, m.position, m.spoken_at, m.created_at"

  /// One page of a conversation in `position` order, with owner and total (null unless asked for), in one snapshot. Rows:
  /// owner, total, `columns`; no row for an unknown conversation, one with null columns for an empty page.
  ///
  /// Index: messages_conversation_position (for the total too), primary key.
  ///
  /// - Parameter scope: everyone for what is cached, which is read for whoever asks next.
  static func page(
    of id: ConversationID, _ reading: ListReading, in scope: OwnerScope
  ) -> (PostgresStatement, [PostgresParameter]) {
    let parameters = [.id(id)] + reading.window
    let isOwned = scope != .everyone
    let total = "(SELECT count(*) FROM messages WHERE conversation_id = c.id)"
    let sql = """
      SELECT c.user_id, \(reading.request.includesTotal ? total : "NULL::bigint"), \(columns) \
      FROM conversations c LEFT JOIN LATERAL (SELECT * FROM messages WHERE conversation_id = c.id \
      \(reading.after == nil ? "" : "AND position > $4") ORDER BY position LIMIT $2 OFFSET $3\
      ) m ON true WHERE c.id = $1 \(isOwned ? "AND c.user_id = $\(parameters.count + 1)" : "") ORDER BY m.position
      """
    let name = name("messages_of_conversation", reading) + (isOwned ? "_of_owner" : "")
    return (PostgresStatement(name, sql), parameters + (isOwned ? [.owner(scope)] : []))
  }

  /// One page of a user's history, newest first. Rows: total (null unless asked for), `columns`; one with null columns when
  /// empty.
  ///
  /// Index: messages_user_history (for the total too). A cursor enters it at its time, since it does not go on in the
  /// order of the list: those of the same time are read again, as many as a transcript without times has.
  static func page(of user: UserID, _ reading: ListReading) -> (PostgresStatement, [PostgresParameter]) {
    let total = "(SELECT count(*) FROM messages WHERE user_id = $1)"
    let after = """
      AND created_at <= $4 AND (created_at < $4 OR conversation_id > $5 OR conversation_id = $5 AND position < $6)
      """
    let sql = """
      SELECT t.total, \(columns) \
      FROM (SELECT \(reading.request.includesTotal ? total : "NULL::bigint") AS total) t \
      LEFT JOIN LATERAL (SELECT * FROM messages WHERE user_id = $1 \(reading.after == nil ? "" : after) \
      ORDER BY created_at DESC, conversation_id, position DESC LIMIT $2 OFFSET $3) m ON true \
      ORDER BY m.created_at DESC, m.conversation_id, m.position DESC
      """
    return (PostgresStatement(name("messages_of_user", reading), sql), [.user(user)] + reading.window)
  }

  /// Each form of a statement has a name of its own.
  private static func name(_ name: String, _ reading: ListReading) -> String {
    name + (reading.request.includesTotal ? "" : "_without_total") + (reading.after == nil ? "" : "_after")
  }

  /// A claim gives the messages the conversation's owner. Index: messages_conversation_position.
  static let setOwner = PostgresStatement(
    "messages_set_owner",
    "UPDATE messages SET user_id = $2 WHERE conversation_id = $1 AND user_id IS DISTINCT FROM $2")

  /// The messages of whole transcripts, from columns of equal length. They are unnested in the select list, where rows
  /// are made one by one; in FROM each column would be stored aside first.
  private static let insertion = """
    INSERT INTO messages AS m (id, conversation_id, user_id, position, role, content, spoken_at, created_at) \
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::text[]), unnest($4::int[]), unnest($5::text[]), \
    unnest($6::text[]), unnest($7::timestamptz[]), unnest($8::timestamptz[])
    """

  /// For conversations without messages: a stored one makes it fail with 23505.
  static let insert = PostgresStatement("messages_insert", insertion)

  /// For any conversation. A stored message that would not change is not written, and one that does keeps its id.
  /// Index: messages_conversation_position as the arbiter.
  static let upsert = PostgresStatement(
    "messages_upsert",
    """
    \(insertion) ON CONFLICT (conversation_id, position) DO UPDATE SET role = EXCLUDED.role, \
    content = EXCLUDED.content, spoken_at = EXCLUDED.spoken_at, created_at = EXCLUDED.created_at \
    WHERE (m.role, m.content, m.spoken_at, m.created_at) IS DISTINCT FROM \
    (EXCLUDED.role, EXCLUDED.content, EXCLUDED.spoken_at, EXCLUDED.created_at)
    """)

  /// Drops stored messages of the conversations `$1` whose position the new transcript (`$2`, `$3`) lacks.
  /// Index: messages_conversation_position.
  static let deleteSurplus = PostgresStatement(
    "messages_delete_surplus",
    """
    DELETE FROM messages m WHERE m.conversation_id = ANY($1::uuid[]) AND NOT EXISTS (\
    SELECT FROM unnest($2::uuid[], $3::int[]) AS kept (conversation_id, position) \
    WHERE kept.conversation_id = m.conversation_id AND kept.position = m.position)
    """)
}

import Conversations
import Postgres

/// SQL of the conversations table. Each statement names the index it uses.
enum ConversationStatements {
  /// The columns that `ConversationRow` decodes, in its order.
  static let columns = """
    id, user_id, external_id, title, status, transcript_received, metadata::text, shutdown_reason, \
    recording_url, started_at, ended_at, created_at, updated_at
    """

  /// Index: primary key.
  static let byID = PostgresStatement(
    "conversation_by_id", "SELECT \(columns) FROM conversations WHERE id = $1")

  /// Of the owner `$2`, or of anybody when that is null. Index: primary key. Holds the row until the transaction ends.
  static let lockByID = PostgresStatement(
    "conversation_lock",
    "SELECT \(columns) FROM conversations WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) FOR UPDATE")

  /// Index: conversations_external_id. Holds the row until the transaction ends.
  static let lockByExternalID = PostgresStatement(
    "conversation_lock_external", "SELECT \(columns) FROM conversations WHERE external_id = $1 FOR UPDATE")

  /// Index: conversations_external_id as the arbiter. Returns no row when the external id is taken.
  static let insert = PostgresStatement(
    "conversation_insert",
    """
    INSERT INTO conversations (id, user_id, external_id, title, metadata) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (external_id) DO NOTHING RETURNING \(columns)
    """)

  /// Index: primary key. Sets the owner where there is none, the request's title and metadata where unset.
  static let claim = PostgresStatement(
    "conversation_claim",
    """
    UPDATE conversations SET user_id = coalesce(user_id, $2), title = coalesce(title, $3), \
    metadata = $4 || metadata, updated_at = clock_timestamp() WHERE id = $1 RETURNING \(columns)
    """)

  /// Index: primary key.
  static let update = PostgresStatement(
    "conversation_update",
    """
    UPDATE conversations SET title = $2, status = $3, metadata = $4, started_at = $5, ended_at = $6, \
    updated_at = clock_timestamp() WHERE id = $1 RETURNING \(columns)
    """)

  /// Index: primary key; messages and the transcripts' records go by cascade.
  static let delete = PostgresStatement(
    "conversation_delete", "DELETE FROM conversations WHERE id = ANY($1::uuid[])")

  /// Index: primary key of deleted_conversations.
  static let exhume = PostgresStatement(
    "conversation_exhume",
    "DELETE FROM deleted_conversations WHERE external_id_sha256 = sha256(convert_to($1, 'UTF8'))")

  /// One page, newest first: rows lead with the total (null unless asked for), then `columns`; one row of
  /// nulls when the page is empty.
  ///
  /// Indexes: conversations_user_created or conversations_created for the page, which a cursor enters in the middle;
  /// conversations_user_status or conversations_status_transcript for a filtered total.
  static func page(_ filter: ConversationFilter, _ reading: ListReading) -> (
    PostgresStatement, [PostgresParameter]
  ) {
    var name = "conversations_page"
    var conditions: [String] = []
    var parameters: [PostgresParameter] = []
    func add(_ column: String, _ parameter: PostgresParameter?) {
      guard let parameter else { return }
      parameters.append(parameter)
      conditions.append("\(column) = $\(parameters.count)")
      name += "_\(column)"
    }
    add("user_id", filter.userID.map { .user($0) })
    add("status", filter.status.map { .text($0.rawValue) })
    add("transcript_received", filter.transcriptReceived.map { .bool($0) })
    let includesTotal = reading.request.includesTotal
    let total =
      includesTotal ? "(SELECT count(*) FROM conversations \(whereAll(conditions)))" : "NULL::bigint"
    name += includesTotal ? "_total" : ""
    let first = parameters.count + 1
    if reading.after != nil {
      conditions.append("(created_at, id) < ($\(first + 2), $\(first + 3))")
      name += "_after"
    }
    let sql = """
      SELECT t.total, c.* FROM (SELECT \(total) AS total) t LEFT JOIN LATERAL (\
      SELECT \(columns) FROM conversations \(whereAll(conditions)) ORDER BY created_at DESC, id DESC \
      LIMIT $\(first) OFFSET $\(first + 1)) c ON true ORDER BY c.created_at DESC, c.id DESC
      """
    return (PostgresStatement(name, sql), parameters + reading.window)
  }

  private static func whereAll(_ conditions: [String]) -> String {
    conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
  }
}

package import Conversations
import Postgres

/// Something that was deleted and is to be taken out of all other places.
package struct PendingErasure: Sendable, Equatable {
  /// What it is about.
  package enum Subject: Sendable, Equatable {
    /// Events accepted after the time are not concerned: the conversation was registered again, or is safe by its
    /// tombstone.
    case conversation(ExternalConversationID, acceptedUntil: Timestamp)
    case user(UserID)
  }

  /// Longer than a batch, a lease and a copy of dead events may take: what had begun before the deletion is over then.
  static let grace = Duration.seconds(60)
  /// For this long nobody else takes it on.
  static let lease = Duration.seconds(20)

  package let subject: Subject
  let id: Int64
  /// Tells a request from a later one for the same.
  let requestedAt: Timestamp
  /// Whether nothing can be under way any more that had begun before the deletion.
  let isLast: Bool

  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.int(0)
    requestedAt = Timestamp(microsecondsSinceEpoch: try row.timestamp(3))
    isLast = try row.bool(5)
    if let user = try row.textOrNil(1) {
      subject = .user(UserID(stored: user))
    } else {
      subject = .conversation(
        ExternalConversationID(stored: try row.text(2)),
        acceptedUntil: Timestamp(microsecondsSinceEpoch: try row.timestamp(4)))
    }
  }
}

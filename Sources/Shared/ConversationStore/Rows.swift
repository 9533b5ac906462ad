import Conversations
import Postgres

/// Decodes rows of `ConversationStatements.columns` and `MessageStatements.columns`.
extension PostgresRow {
  /// The conversation whose columns begin at `first`.
  func conversation(from first: Int = 0) throws(PostgresError) -> Conversation {
    let status = try text(first + 4)
    guard let status = ConversationStatus(rawValue: status) else {
      throw PostgresError(.unexpectedResult, "unknown conversation status")
    }
    return Conversation(
      id: ConversationID(UUIDValue(try uuid(first))),
      userID: try textOrNil(first + 1).map(UserID.init(stored:)),
      externalID: try textOrNil(first + 2).map(ExternalConversationID.init(stored:)),
      title: try textOrNil(first + 3),
      status: status,
      transcriptReceived: try bool(first + 5),
      metadata: try bytes(first + 6),
      shutdownReason: try textOrNil(first + 7),
      recordingURL: try textOrNil(first + 8),
      startedAt: try time(first + 9),
      endedAt: try time(first + 10),
      createdAt: try requiredTime(first + 11),
      updatedAt: try requiredTime(first + 12))
  }

  /// The message whose columns begin at `first`.
  func message(from first: Int) throws(PostgresError) -> Message {
    Message(
      id: MessageID(UUIDValue(try uuid(first))),
      conversationID: ConversationID(UUIDValue(try uuid(first + 1))),
      role: try text(first + 2),
      content: try text(first + 3),
      position: Int(try int(first + 4)),
      spokenAt: try time(first + 5),
      createdAt: try requiredTime(first + 6))
  }

  func time(_ column: Int) throws(PostgresError) -> Timestamp? {
    try timestampOrNil(column).map(Timestamp.init(microsecondsSinceEpoch:))
  }

  private func requiredTime(_ column: Int) throws(PostgresError) -> Timestamp {
    Timestamp(microsecondsSinceEpoch: try timestamp(column))
  }
}

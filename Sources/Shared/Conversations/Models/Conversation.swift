/// One conversation as stored and as clients see it.
package struct Conversation: Equatable, Sendable {
  /// Our id.
  package var id: ConversationID
  /// The owner; nil while nobody has claimed it.
  package var userID: UserID?
  /// The provider's id; nil when no call belongs to it.
  package var externalID: ExternalConversationID?
  /// At most 1,000 scalars.
  package var title: String?
  /// Where it stands.
  package var status: ConversationStatus
  /// Whether a transcript was ever applied.
  package var transcriptReceived: Bool
  /// A JSON object, as its bytes.
  package var metadata: [UInt8]
  /// The provider's free text.
  package var shutdownReason: String?
  /// Where the recording is stored.
  package var recordingURL: String?
  /// When the call began.
  package var startedAt: Timestamp?
  /// When the call ended.
  package var endedAt: Timestamp?
  /// When the row was made.
  package var createdAt: Timestamp
  /// When the row last changed.
  package var updatedAt: Timestamp

  /// All fields, in the order of the contract.
  package init(
    id: ConversationID, userID: UserID? = nil, externalID: ExternalConversationID? = nil,
    title: String? = nil, status: ConversationStatus = .pending, transcriptReceived: Bool = false,
    metadata: [UInt8] = Array("{}".utf8), shutdownReason: String? = nil, recordingURL: String? = nil,
    startedAt: Timestamp? = nil, endedAt: Timestamp? = nil, createdAt: Timestamp, updatedAt: Timestamp
  ) {
    self.id = id
    self.userID = userID
    self.externalID = externalID
    self.title = title
    self.status = status
    self.transcriptReceived = transcriptReceived
    self.metadata = metadata
    self.shutdownReason = shutdownReason
    self.recordingURL = recordingURL
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

extension Conversation: JSONEncodable {
  /// The contract's members in the contract's order.
  package func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("id", id)
    writer.member("userId", userID?.text)
    writer.member("externalId", externalID?.text)
    writer.member("title", title)
    writer.member("status", status.rawValue)
    writer.member("transcriptReceived", transcriptReceived)
    writer.member("metadata")
    writer.raw(metadata)
    writer.member("shutdownReason", shutdownReason)
    writer.member("recordingUrl", recordingURL)
    writer.member("startedAt", startedAt)
    writer.member("endedAt", endedAt)
    writer.member("createdAt", createdAt)
    writer.member("updatedAt", updatedAt)
    writer.endObject()
  }
}

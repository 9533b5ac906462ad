/// What the rules for events need to know of a conversation.
package struct ConversationState: Equatable, Sendable {
  /// The transcript whose entries are stored now.
  package struct StoredTranscript: Equatable, Sendable {
    /// Entries kept of it: rows in `messages`.
    package var entryCount: Int
    /// When it was made; nil when no record of that is left, and then any other is later.
    package var eventTime: Timestamp?

    /// Both.
    package init(entryCount: Int, eventTime: Timestamp?) {
      self.entryCount = entryCount
      self.eventTime = eventTime
    }
  }

  /// Where it stands.
  package var status: ConversationStatus
  /// When the call began.
  package var startedAt: Timestamp?
  /// When the call ended.
  package var endedAt: Timestamp?
  /// The provider's free text.
  package var shutdownReason: String?
  /// Whether a transcript was ever applied.
  package var transcriptReceived: Bool
  /// Nil when there never was one.
  package var transcript: StoredTranscript?
  /// Where the recording is stored.
  package var recordingURL: String?
  /// A JSON object, as its bytes.
  package var metadata: [UInt8]

  /// By default a conversation nothing is known of yet.
  package init(
    status: ConversationStatus = .pending, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil,
    shutdownReason: String? = nil, transcriptReceived: Bool = false, transcript: StoredTranscript? = nil,
    recordingURL: String? = nil, metadata: [UInt8] = Array("{}".utf8)
  ) {
    self.status = status
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.shutdownReason = shutdownReason
    self.transcriptReceived = transcriptReceived
    self.transcript = transcript
    self.recordingURL = recordingURL
    self.metadata = metadata
  }

  /// Whether a write of the row (not of its messages) is due to get from `other` to this.
  package func differsInRow(from other: ConversationState) -> Bool {
    var row = self
    row.transcript = other.transcript
    return row != other
  }
}

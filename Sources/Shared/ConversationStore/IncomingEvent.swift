package import Conversations

/// A queued event, ready to be applied.
package struct IncomingEvent: Sendable {
  /// What deduplicates it.
  package let id: EventID
  /// What happened.
  package let event: ProviderEvent
  /// When the intake took it.
  package let receivedAt: Timestamp
  /// The reservation's; Postgres refuses an older one than it has seen.
  package let fence: Int64

  /// All four.
  package init(id: EventID, event: ProviderEvent, receivedAt: Timestamp, fence: Int64) {
    self.id = id
    self.event = event
    self.receivedAt = receivedAt
    self.fence = fence
  }

  /// The conversation it is about.
  package var conversation: ExternalConversationID { event.conversationID }
}

/// What a committed batch did.
package struct BatchReceipt: Sendable {
  /// Conversations with a newer fence in Postgres: nothing of them was applied.
  package let fenced: [ExternalConversationID: Int64]
  /// Transcript entries without role and content, left out.
  package let skippedEntries: Int
  /// Whether nobody can be served older data any more; false only when waiting for that was cancelled.
  package let invalidated: Bool
  /// What the COMMIT took.
  package let commitDuration: Duration

  /// All four.
  package init(
    fenced: [ExternalConversationID: Int64], skippedEntries: Int, invalidated: Bool,
    commitDuration: Duration = .zero
  ) {
    self.fenced = fenced
    self.skippedEntries = skippedEntries
    self.invalidated = invalidated
    self.commitDuration = commitDuration
  }
}

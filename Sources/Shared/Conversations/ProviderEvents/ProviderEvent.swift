/// A queued webhook, understood.
package struct ProviderEvent: Equatable, Sendable {
  /// What happened.
  package enum Content: Equatable, Sendable {
    /// The replica joined the call.
    case joined
    /// The call ended, for a reason in the provider's words.
    case shutdown(reason: String?)
    /// The whole transcript.
    case transcript(Transcript)
    /// Where the recording is.
    case recording(url: String)
    /// What the provider saw: one JSON value.
    case perceptionAnalysis([UInt8])
    /// A kind without effect, or a known one that lacks what it is about.
    case other
    /// Erased with its conversation while it waited.
    case erased
  }

  /// The conversation it is about.
  package let conversationID: ExternalConversationID
  /// The provider's name of its kind.
  package let type: EventType
  /// The provider's time, nil where absent or unreadable.
  package let timestamp: Timestamp?
  /// What happened.
  package let content: Content

  /// All four, for tests.
  package init(
    conversationID: ExternalConversationID, type: EventType, timestamp: Timestamp?, content: Content
  ) {
    self.conversationID = conversationID
    self.type = type
    self.timestamp = timestamp
    self.content = content
  }

  /// What is left of an event when its conversation was deleted.
  package static func erased(of conversation: ExternalConversationID) -> ProviderEvent {
    ProviderEvent(conversationID: conversation, type: .erased, timestamp: nil, content: .erased)
  }

  /// Whether it can change a conversation, and so makes one that nobody has yet.
  package var hasEffect: Bool { content != .other && content != .erased }

  /// Reads a payload the intake has queued. What it throws is permanent: such bytes never passed the intake.
  package init(decoding payload: Span<UInt8>) throws(RequestRejection) {
    self = try payload.withUnsafeBufferPointer { (bytes) throws(RequestRejection) in
      let scan = try EnvelopeScan(checking: bytes)
      let names = try scan.names()
      do throws(JSONError) {
        let content = try Content(names.type, scan, bytes)
        return ProviderEvent(
          conversationID: names.id, type: names.type, timestamp: scan.timestamp, content: content)
      } catch {
        throw .malformed(error)
      }
    }
  }

  /// When it happened: the provider's time, but at most five minutes after receipt; without one, the receipt.
  package func time(receivedAt: Timestamp) -> Timestamp {
    min(timestamp ?? receivedAt, receivedAt + .seconds(300))
  }
}

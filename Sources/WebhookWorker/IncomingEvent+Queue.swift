import ConversationStore
import Conversations
import NIOCore
import Queue

extension IncomingEvent {
  /// A queued event, understood; one without a payload was erased. What it throws is permanent.
  init(_ queued: QueuedEvent, fence: Int64) throws(RequestRejection) {
    let receivedAt = Timestamp(millisecondsSinceEpoch: queued.enqueuedAt)
    let event =
      try queued.payload.readableBytes == 0
      ? ProviderEvent.erased(of: ExternalConversationID(stored: queued.conversation))
      : ProviderEvent(decoding: Array(queued.payload.readableBytesView).span)
    guard let id = EventID(queued.id) else {
      throw RequestRejection(.invalidBody, detail: "the event's id is malformed")
    }
    self.init(id: id, event: event, receivedAt: receivedAt, fence: fence)
  }
}

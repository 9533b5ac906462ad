import ConversationStore
import Conversations
import NIOCore
import Queue

// The same dead event as the queue and as the database know it.

extension DeadLetter {
  init(_ event: DeadEvent, traceparent: String?) {
    self.init(
      id: event.id, conversation: event.conversation, traceparent: traceparent, reason: event.reason,
      failureClass: event.failureClass, message: event.message, deliveries: event.deliveries,
      strikes: event.strikes, enqueuedAt: Timestamp(millisecondsSinceEpoch: event.enqueuedAt),
      diedAt: Timestamp(millisecondsSinceEpoch: event.diedAt), payloadSize: event.payloadSize)
  }
}

extension DeadLetterContent {
  init(_ copy: DeadEventCopy) {
    self.init(
      letter: DeadLetter(copy.event, traceparent: copy.traceparent),
      payload: copy.payload.map { Array($0.readableBytesView) })
  }
}

extension DeadEvent {
  init(_ letter: DeadLetter) {
    self.init(
      id: letter.id, conversation: letter.conversation, reason: letter.reason,
      failureClass: letter.failureClass, message: letter.message,
      enqueuedAt: letter.enqueuedAt.microsecondsSinceEpoch / 1000,
      diedAt: letter.diedAt.microsecondsSinceEpoch / 1000, deliveries: letter.deliveries,
      strikes: letter.strikes, payloadSize: letter.payloadSize, isArchived: true)
  }
}

extension DeadEventCopy {
  init(_ content: DeadLetterContent) {
    self.init(
      event: DeadEvent(content.letter), payload: content.payload.map { ByteBuffer(bytes: $0) },
      traceparent: content.letter.traceparent)
  }
}

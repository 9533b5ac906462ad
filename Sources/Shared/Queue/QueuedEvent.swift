package import NIOCore

/// An event as a worker receives it.
package struct QueuedEvent: Sendable, Equatable {
  package let id: String
  /// The external id. Compare its UTF-8: two ids that Swift's `==` calls equal may be two conversations.
  package let conversation: String
  /// Empty when it was erased with its conversation.
  package let payload: ByteBuffer
  package let traceparent: String?
  /// Milliseconds since 1970 by the clock of Redis: the time of receipt.
  package let enqueuedAt: Int64
  /// Deliveries that counted as attempts, this one included: 1 at the first.
  package let deliveries: Int

  package init(
    id: String, conversation: String, payload: ByteBuffer, traceparent: String? = nil, enqueuedAt: Int64,
    deliveries: Int
  ) {
    self.id = id
    self.conversation = conversation
    self.payload = payload
    self.traceparent = traceparent
    self.enqueuedAt = enqueuedAt
    self.deliveries = deliveries
  }
}

/// Where an event is.
package enum EventState: Sendable, Equatable {
  /// What happens to its conversation at the moment.
  package enum Line: Sendable, Equatable {
    case ready
    /// In quarantine, waiting to be handed out alone.
    case suspect
    /// Waits for a retry, due at so many milliseconds since 1970.
    case delayed(due: Int64)
    /// In a worker's hand.
    case held
  }

  /// Waiting or in work, at that place of its conversation, counted from 0.
  case queued(position: Int, Line)
  /// Since so many milliseconds since 1970.
  case dead(since: Int64)
  /// Committed or discarded a short while ago; nothing else is known of it any more.
  case settled
  /// Never accepted, or over for longer than an hour.
  case unknown
}

/// All that is known of one event but its payload.
package struct EventReport: Sendable, Equatable {
  package let id: String
  package let state: EventState
  /// The external id; with all that follows nil or zero for an event that is neither queued nor dead.
  package let conversation: String?
  package let traceparent: String?
  /// The time of receipt, milliseconds since 1970.
  package let enqueuedAt: Int64?
  /// Of the last replay, milliseconds since 1970.
  package let requeuedAt: Int64?
  package let deliveries: Int
  /// Crashed workers that had it in hand first.
  package let strikes: Int
  /// Of the last failure.
  package let failureClass: String?
  package let message: String?
  /// Why it is dead: one of ``DeathReason``, or what a later release calls it.
  package let reason: String?
  /// Bytes.
  package let payloadSize: Int
  /// Whether Postgres has a copy of the dead event.
  package let isArchived: Bool
}

extension EventReport {
  /// Of an event that is in Postgres only.
  package init(purged event: DeadEvent, traceparent: String?) {
    self.init(
      id: event.id, state: .dead(since: event.diedAt), conversation: event.conversation,
      traceparent: traceparent, enqueuedAt: event.enqueuedAt, requeuedAt: nil, deliveries: event.deliveries,
      strikes: event.strikes, failureClass: event.failureClass, message: event.message,
      reason: event.reason, payloadSize: event.payloadSize, isArchived: true)
  }
}

/// The right of one worker to settle one conversation, for as long as nobody else was given a newer one.
package struct ReservationTicket: Sendable, Hashable {
  /// The incarnation it was given to.
  package let worker: String
  package let shard: Int
  package let token: String
  /// Grows with every reservation, below 2^53. Postgres compares it too, so that a worker that was paused
  /// cannot commit over its successor.
  package let fence: Int64

  package init(worker: String, shard: Int, token: String, fence: Int64) {
    self.worker = worker
    self.shard = shard
    self.token = token
    self.fence = fence
  }
}

/// A conversation in a worker's hand with its oldest events, in order. Nobody else has it until it is
/// settled, taken back or the worker is declared dead.
package struct Reservation: Sendable, Equatable {
  package let ticket: ReservationTicket
  /// Never empty.
  package let events: [QueuedEvent]
  /// In quarantine: handed out with nothing beside it.
  package let isSuspect: Bool

  package init(ticket: ReservationTicket, events: [QueuedEvent], isSuspect: Bool = false) {
    precondition(!events.isEmpty, "a reservation without events")
    self.ticket = ticket
    self.events = events
    self.isSuspect = isSuspect
  }

  /// The external id.
  package var conversation: String { events[0].conversation }
  package var fence: Int64 { ticket.fence }
}

/// The most that one reservation call takes.
package struct ReservationLimits: Sendable, Equatable {
  package var conversations = 64
  /// Of one conversation.
  package var eventsEach = 64
  package var events = 64
  /// Of payload. One event goes out even when it is larger.
  package var bytes = 8 << 20

  package init() {}
}

/// The answer to a call for work.
package struct ReserveResult: Sendable, Equatable {
  /// Why there are, or are not, any reservations.
  package enum Status: String, Sendable {
    /// Whatever was ready within the limits, perhaps nothing.
    case ok
    /// One event in quarantine; nothing else comes until it is settled.
    case solo
    /// A conversation in quarantine needs this worker with empty hands: settle what is held, then ask again.
    case quarantine
    /// An operator stopped the queue.
    case paused
    /// A later call of this worker was answered before; nothing was taken.
    case stale
    /// The worker was declared dead, or Redis lost its memory; nothing was taken.
    case fenced
  }

  package var status: Status
  package var reservations: [Reservation]
  /// Until the next delayed conversation is due.
  package var nextDue: Duration?
  /// Conversations still in line; ask again at once if there are any.
  package var waiting: Int

  package init(
    status: Status, reservations: [Reservation] = [], nextDue: Duration? = nil, waiting: Int = 0
  ) {
    self.status = status
    self.reservations = reservations
    self.nextDue = nextDue
    self.waiting = waiting
  }
}

/// Why an event is among the dead; the text is what operators see and select by.
package enum DeathReason: String, Sendable, Hashable, CaseIterable {
  /// Trying again cannot help.
  case permanent = "permanent"
  /// It failed as often as the policy allows.
  case attemptsExhausted = "attempts exhausted"
  /// Workers died while holding it, the last one with nothing else in hand.
  case poison = "poison"
  /// Its payload vanished from Redis while it was queued.
  case payloadLost = "payload lost"
}

/// What went wrong with a delivery, kept with the event.
package struct FailureDescription: Sendable, Equatable {
  /// Groups failures for operators: an SQLSTATE, the name of an error.
  package let failureClass: String
  /// At most 1,024 bytes; no payload and no secret.
  package let message: String

  package init(failureClass: String, message: String) {
    self.failureClass = Self.cut(failureClass, to: 128)
    self.message = Self.cut(message, to: 1024)
  }

  /// Cuts before the character that would not fit whole.
  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var kept = String.UnicodeScalarView()
    var size = 0
    for scalar in text.unicodeScalars {
      size += UTF8.width(scalar)
      guard size <= limit else { break }
      kept.append(scalar)
    }
    return String(kept)
  }
}

/// What becomes of a reservation.
package struct Settlement: Sendable, Equatable {
  /// What becomes of the first event that is not acknowledged; naming another one has no effect.
  package enum Failure: Sendable, Equatable {
    /// The conversation waits, then the event is delivered again.
    case retry(id: String, after: Duration, FailureDescription)
    /// The event leaves the conversation, which goes on with the next one.
    case dead(id: String, DeathReason, FailureDescription)
    /// Nothing counts as an attempt and the conversation goes back to the head of the line: Postgres was
    /// away, or the worker shuts down.
    case release
  }

  package let ticket: ReservationTicket
  /// Ids whose effects are committed. Only those count that no event which stays precedes.
  package let acknowledged: [String]
  package let failure: Failure?
  /// Raises the lowest fence to be given out from now on; for Redis fallen behind the fences in Postgres.
  package var minimumFence: Int64?

  package init(
    _ ticket: ReservationTicket, acknowledged: [String], failure: Failure? = nil, minimumFence: Int64? = nil
  ) {
    self.ticket = ticket
    self.acknowledged = acknowledged
    self.failure = failure
    self.minimumFence = minimumFence
  }
}

/// What Redis made of a ``Settlement``.
package enum SettleResult: Sendable, Equatable {
  case settled
  /// The conversation is no longer this worker's, or was settled before. Its events come again; what is
  /// committed stays so and is not applied twice.
  case fenced
  /// The answer is missing: either of the above. Events that come again are settled then.
  case unknown(QueueError)
}

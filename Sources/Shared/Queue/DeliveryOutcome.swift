/// What a worker made of one event.
package enum DeliveryOutcome: Sendable, Equatable {
  /// Its effects are committed.
  case done
  /// May succeed another time; costs an attempt.
  case failed(FailureDescription)
  /// Will never succeed, however often it is tried.
  case rejected(FailureDescription)
  /// A dependency was away. Costs no attempt, or an outage would fill the dead letters.
  case unavailable
  /// Not tried, for instance because one before it failed.
  case untouched
}

extension Reservation {
  /// Decides what becomes of this reservation.
  ///
  /// Order within the conversation rules: what follows an event that is to come again comes again too, even
  /// if its own effects are committed; so does what follows an event that failed once too often, until its
  /// death is on record, for after a crash it could still succeed. Only a rejection, which would be the same
  /// every time, lets the following ones pass. One event fails per reservation; what follows a second one
  /// comes again.
  ///
  /// - Parameters:
  ///   - outcomes: one per event, in order; missing ones are ``DeliveryOutcome/untouched``.
  ///   - jitter: a random number in `0..<1`.
  package func settlement(
    for outcomes: [DeliveryOutcome], retryPolicy: RetryPolicy, jitter: Double
  ) -> Settlement {
    var acknowledged: [String] = []
    var failure: Settlement.Failure?
    for (event, outcome) in zip(events, outcomes) {
      if outcome == .done {
        acknowledged.append(event.id)
        continue
      }
      guard failure == nil else { break }
      failure = Self.failure(of: event, outcome, retryPolicy, jitter)
      guard case .rejected = outcome else { break }
    }
    return Settlement(ticket, acknowledged: acknowledged, failure: failure)
  }

  private static func failure(
    of event: QueuedEvent, _ outcome: DeliveryOutcome, _ retryPolicy: RetryPolicy, _ jitter: Double
  ) -> Settlement.Failure? {
    switch outcome {
    case .done, .untouched: nil
    case .unavailable: .release
    case .rejected(let description): .dead(id: event.id, .permanent, description)
    case .failed(let description):
      if let delay = retryPolicy.delay(afterAttempt: event.deliveries, jitter: jitter) {
        .retry(id: event.id, after: delay, description)
      } else {
        .dead(id: event.id, .attemptsExhausted, description)
      }
    }
  }

  /// Gives everything back, as if it had never been handed out.
  package var release: Settlement { Settlement(ticket, acknowledged: [], failure: .release) }
}

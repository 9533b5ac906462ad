/// What a worker made of one event.
package enum DeliveryOutcome: Sendable, Equatable {
  /// Its effects are committed.
  case done
  /// May succeed another time; costs an attempt.
  case failed(FailureDescription)
  /// Will never succeed.
  case rejected(FailureDescription)
  /// A dependency was away. Costs no attempt, or an outage would fill the dead letters.
  case unavailable
  /// Not tried, for instance because one before it failed.
  case untouched
}

extension Reservation {
  /// Decides what becomes of this reservation.
  ///
  /// Order within the conversation rules: what follows the first event that is not done comes again, whatever
  /// its own outcome. So a worker must not apply it before: not even when the failed one dies, which is on
  /// record only once the settlement is.
  ///
  /// - Parameters:
  ///   - outcomes: one per event, in order; missing ones are ``DeliveryOutcome/untouched``.
  ///   - jitter: a random number in `0..<1`.
  package func settlement(
    for outcomes: [DeliveryOutcome], retryPolicy: RetryPolicy, jitter: Double
  ) -> Settlement {
    let pairs = Array(zip(events, outcomes))
    let done = pairs.prefix { $1 == .done }
    let failure = pairs.dropFirst(done.count).first.flatMap { Self.failure(of: $0, $1, retryPolicy, jitter) }
    return Settlement(ticket, acknowledged: done.map(\.0.id), failure: failure)
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

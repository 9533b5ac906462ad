import ConversationStore
import Conversations
import Queue

/// What became of each event of a batch so far. Pure.
struct BatchAttempt: Sendable {
  /// What can be applied, by conversation, in order.
  let events: [[IncomingEvent]]
  private(set) var failures: [(event: String, FailureDescription)] = []
  private(set) var dependencyFailed = false
  private(set) var skippedEntries = 0
  /// What each COMMIT took.
  private(set) var commits: [Duration] = []
  private var outcomes: [String: DeliveryOutcome] = [:]
  /// Conversations that Postgres refused, with the fence stored there.
  private var fenced: [ExternalConversationID: Int64] = [:]

  /// Decodes the payloads; one that cannot be decoded is rejected and does not block those after it.
  init(_ reservations: [Reservation]) {
    var rejected: [(String, RequestRejection)] = []
    events = reservations.map { reservation in
      reservation.events.compactMap { event in
        do throws(RequestRejection) {
          return try IncomingEvent(event, fence: reservation.fence)
        } catch {
          rejected.append((event.id, error))
          return nil
        }
      }
    }
    for (id, rejection) in rejected { fail(id, DeliveryFailure(rejection)) }
  }

  /// The transaction committed. Without a confirmed invalidation the events come again, at the end of the line, so
  /// that others get their turn: they will find themselves recorded, invalidate, and be settled.
  mutating func applied(_ events: [IncomingEvent], _ receipt: BatchReceipt) {
    fenced.merge(receipt.fenced) { $1 }
    skippedEntries += receipt.skippedEntries
    commits.append(receipt.commitDuration)
    if !receipt.invalidated { dependencyFailed = true }
    for event in events where receipt.fenced[event.conversation] == nil {
      outcomes[event.id.text] = receipt.invalidated ? .done : .untouched
    }
  }

  /// - Returns: Whether what follows in the conversation may still be tried.
  mutating func failed(_ event: IncomingEvent, _ failure: DeliveryFailure) -> Bool {
    fail(event.id.text, failure)
    if case .permanent = failure { return true }
    return false
  }

  mutating func dependencyAway(_ events: [IncomingEvent]) {
    dependencyFailed = true
    for event in events { outcomes[event.id.text] = .unavailable }
  }

  /// What the queue is to do with a conversation.
  func settlement(of reservation: Reservation, retryPolicy: RetryPolicy, jitter: Double) -> Settlement {
    if let stored = fenced[ExternalConversationID(stored: reservation.conversation)] {
      var release = reservation.release
      release.minimumFence = stored
      return release
    }
    let results = reservation.events.map { outcomes[$0.id] ?? untried }
    return reservation.settlement(for: results, retryPolicy: retryPolicy, jitter: jitter)
  }

  private var untried: DeliveryOutcome { dependencyFailed ? .unavailable : .untouched }

  private mutating func fail(_ id: String, _ failure: DeliveryFailure) {
    switch failure {
    case .dependencyAway, .unanswered: outcomes[id] = .unavailable
    case .retryable(let description):
      outcomes[id] = .failed(description)
      failures.append((id, description))
    case .permanent(let description):
      outcomes[id] = .rejected(description)
      failures.append((id, description))
    }
  }
}

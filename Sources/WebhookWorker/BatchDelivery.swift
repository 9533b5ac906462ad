import ConversationStore
import Conversations
import Logging
import Postgres
import Queue
import Telemetry

/// Makes of reserved events what the contract says, in as few transactions as the data allows, and settles them.
struct BatchDelivery: Sendable {
  let store: ConversationStore
  let metrics: WorkerMetrics
  let logger: Logger
  let retryPolicy = RetryPolicy()

  /// Applies, then settles. Never throws: whatever goes wrong becomes an outcome of the events it concerns.
  ///
  /// - Returns: Whether Postgres, the cache and the queue all did their part.
  func deliver(_ reservations: [Reservation], to consumer: QueueConsumer) async -> Bool {
    metrics.delivered(reservations)
    let start = ContinuousClock.now
    #if DEBUG
      await misbehave(reservations, consumer)
    #endif
    var attempt = BatchAttempt(reservations)
    await apply(&attempt)
    let processed = ContinuousClock.now
    metrics.processed(attempt, in: processed - start)
    let settlements = reservations.map {
      attempt.settlement(of: $0, retryPolicy: retryPolicy, jitter: .random(in: 0..<1))
    }
    let results = await consumer.settle(settlements)
    metrics.settled(BatchTally(reservations, settlements, results), in: .now - processed)
    log(attempt, reservations, since: start)
    return !attempt.dependencyFailed && !results.contains { if case .unknown = $0 { true } else { false } }
  }

  /// One transaction for all; when the data of one event spoils it, smaller and smaller ones, until the guilty
  /// event stands alone.
  private func apply(_ attempt: inout BatchAttempt) async {
    let conversations = attempt.events.filter { !$0.isEmpty }
    let events = conversations.flatMap { $0 }
    guard !events.isEmpty, await !apply(events, &attempt), events.count > 1 else { return }
    for conversation in conversations {
      guard !attempt.dependencyFailed else { return }
      if conversations.count > 1, await apply(conversation, &attempt) || conversation.count == 1 { continue }
      await applyOneByOne(conversation, &attempt)
    }
  }

  /// Order within the conversation is kept: what follows an event that is to come again is not tried.
  private func applyOneByOne(_ events: [IncomingEvent], _ attempt: inout BatchAttempt) async {
    for event in events {
      guard await apply([event], &attempt), !attempt.dependencyFailed else { return }
    }
  }

  /// - Returns: False when the data of some event is to blame, or there is too much of it, and the transaction is worth
  ///   splitting, or, for one event, when it has to come again.
  private func apply(_ events: [IncomingEvent], _ attempt: inout BatchAttempt) async -> Bool {
    do {
      attempt.applied(events, try await applyPatiently(events))
      return true
    } catch {
      switch DeliveryFailure(error) {
      case .unanswered where events.count > 1: return false
      case .dependencyAway, .unanswered:
        attempt.dependencyAway(events)
        return true
      case let failure: return events.count == 1 && attempt.failed(events[0], failure)
      }
    }
  }

  /// Deadlocks, serialisation failures and rows that come and go are nobody's fault: tried again at once, five times.
  private func applyPatiently(_ events: [IncomingEvent]) async throws -> BatchReceipt {
    for _ in 1..<5 {
      do { return try await store.apply(events) } catch  where Self.isNobodysFault(error) { continue }
    }
    return try await store.apply(events)
  }

  private static func isNobodysFault(_ error: any Error) -> Bool {
    error is ConcurrentChange || (error as? PostgresError)?.sqlState?.hasPrefix("40") == true
  }

  private func log(
    _ attempt: BatchAttempt, _ reservations: [Reservation], since start: ContinuousClock.Instant
  ) {
    for (event, failure) in attempt.failures {
      logger.warning(
        "event failed",
        metadata: [LogKey.eventID: "\(event)", LogKey.error: "\(failure.failureClass): \(failure.message)"])
    }
    if attempt.dependencyFailed {
      logger.warning("batch given back: a dependency is away", metadata: facts(reservations, start))
    } else {
      var facts = facts(reservations, start)
      if attempt.skippedEntries > 0 { facts[LogKey.skippedEntries] = "\(attempt.skippedEntries)" }
      logger.info("batch delivered", metadata: facts)
    }
  }

  private func facts(_ reservations: [Reservation], _ start: ContinuousClock.Instant) -> Logger.Metadata {
    [
      LogKey.conversations: "\(reservations.count)",
      LogKey.events: "\(reservations.reduce(0) { $0 + $1.events.count })",
      LogKey.durationMilliseconds: "\((ContinuousClock.now - start).milliseconds)",
    ]
  }
}

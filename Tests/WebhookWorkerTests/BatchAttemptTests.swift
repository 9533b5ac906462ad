import ConversationStore
import Conversations
import NIOCore
import Postgres
import Queue
import Testing

@testable import WebhookWorker

@Suite struct BatchAttemptTests {
  private let policy = RetryPolicy()

  @Test("What committed and was invalidated is acknowledged")
  func applied() throws {
    let reservation = reservation(["a", "b"])
    var attempt = BatchAttempt([reservation])
    attempt.applied(attempt.events[0], receipt())
    let settlement = settle(attempt, reservation)
    #expect(settlement.acknowledged == ["a", "b"])
    #expect(settlement.failure == nil)
    #expect(!attempt.dependencyFailed)
  }

  @Test(
    "Without a confirmed invalidation everything comes again, at the end of the line, and costs no attempt")
  func notInvalidated() throws {
    let reservation = reservation(["a"])
    var attempt = BatchAttempt([reservation])
    attempt.applied(attempt.events[0], receipt(invalidated: false))
    let settlement = settle(attempt, reservation)
    #expect(settlement.acknowledged.isEmpty)
    #expect(settlement.failure == nil)
    #expect(attempt.dependencyFailed)
  }

  @Test("A payload that cannot be decoded dies at once and does not hold up what follows")
  func undecodable() throws {
    let reservation = reservation(["bad", "good"], payloads: ["bad": "{"])
    var attempt = BatchAttempt([reservation])
    attempt.applied(attempt.events[0], receipt())
    let settlement = settle(attempt, reservation)
    #expect(settlement.acknowledged == ["good"])
    guard case .dead(id: "bad", .permanent, _) = settlement.failure else {
      Issue.record("expected a death, got \(String(describing: settlement.failure))")
      return
    }
  }

  @Test("What follows a failed event is not acknowledged")
  func order() throws {
    let reservation = reservation(["a", "b", "c"])
    var attempt = BatchAttempt([reservation])
    attempt.applied([attempt.events[0][0]], receipt())
    let mayGoOn = attempt.failed(
      attempt.events[0][1], .retryable(FailureDescription(failureClass: "57014", message: "slow")))
    #expect(!mayGoOn)
    let settlement = settle(attempt, reservation)
    #expect(settlement.acknowledged == ["a"])
    guard case .retry(id: "b", _, _) = settlement.failure else {
      Issue.record("expected a retry, got \(String(describing: settlement.failure))")
      return
    }
  }

  @Test("A conversation that Postgres fenced off is given back, with the fence to be lifted over")
  func fenced() throws {
    let reservation = reservation(["a"])
    var attempt = BatchAttempt([reservation])
    attempt.applied(attempt.events[0], receipt(fenced: [ExternalConversationID(stored: "c"): 9]))
    let settlement = settle(attempt, reservation)
    #expect(settlement.acknowledged.isEmpty)
    #expect(settlement.failure == .release)
    #expect(settlement.minimumFence == 9)
  }

  @Test(
    "Errors cost an attempt, or kill, or neither",
    arguments: [
      (PostgresError(.notConnected, ""), "away"), (PostgresError(.connectionLost, ""), "away"),
      (PostgresError(.poolTimeout, ""), "away"), (PostgresError(.sqlState("57P01"), ""), "away"),
      (PostgresError(.sqlState("53300"), ""), "away"), (PostgresError(.sqlState("57014"), ""), "retry"),
      (PostgresError(.sqlState("40P01"), ""), "retry"), (PostgresError(.sqlState("23503"), ""), "retry"),
      (PostgresError(.sqlState("42P01"), ""), "retry"), (PostgresError(.sqlState("55P03"), ""), "retry"),
      (PostgresError(.deadline, ""), "unanswered"),
      (PostgresError(.sqlState("22P05"), ""), "death"), (PostgresError(.sqlState("23514"), ""), "death"),
    ])
  func classification(error: PostgresError, expected: String) {
    let kind =
      switch DeliveryFailure(error) {
      case .dependencyAway: "away"
      case .unanswered: "unanswered"
      case .retryable: "retry"
      case .permanent: "death"
      }
    #expect(kind == expected)
  }

  private func settle(_ attempt: BatchAttempt, _ reservation: Reservation) -> Settlement {
    attempt.settlement(of: reservation, retryPolicy: policy, jitter: 0.5)
  }

  private func receipt(invalidated: Bool = true, fenced: [ExternalConversationID: Int64] = [:])
    -> BatchReceipt
  {
    BatchReceipt(fenced: fenced, skippedEntries: 0, invalidated: invalidated)
  }

  private func reservation(_ ids: [String], payloads: [String: String] = [:]) -> Reservation {
    Reservation(
      ticket: ReservationTicket(worker: "w", shard: 0, token: "c", fence: 1),
      events: ids.map { id in
        let payload = payloads[id] ?? #"{"conversation_id":"c","event_type":"system.replica_joined"}"#
        return QueuedEvent(
          id: id, conversation: "c", payload: ByteBuffer(string: payload), traceparent: nil, enqueuedAt: 1,
          deliveries: 1)
      })
  }
}

@Suite struct OutageBackoffTests {
  @Test("All is well: no pause; failures pause longer, never over a second; success ends it")
  func pauses() {
    var backoff = OutageBackoff()
    #expect(backoff.pause(jitter: 0.9) == nil)
    backoff.dependencyFailed()
    #expect(backoff.pause(jitter: 0) == .milliseconds(50))
    for _ in 0..<100 { backoff.dependencyFailed() }
    #expect(backoff.pause(jitter: 0.999).map { $0 <= .seconds(1) } == true)
    backoff.workSucceeded()
    #expect(backoff.pause(jitter: 0.9) == nil)
  }
}

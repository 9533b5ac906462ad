import NIOCore
import Queue
import Testing

@Suite("What becomes of a reservation")
struct DeliveryOutcomeTests {
  private static let ticket = ReservationTicket(worker: "w", shard: 0, token: "talk", fence: 1)

  private func decide(_ outcomes: [DeliveryOutcome], deliveries: Int = 1) -> Settlement {
    let events = ["a", "b", "c", "d"].map {
      QueuedEvent(id: $0, conversation: "talk", payload: ByteBuffer(), enqueuedAt: 0, deliveries: deliveries)
    }
    return Reservation(ticket: Self.ticket, events: events)
      .settlement(for: outcomes, retryPolicy: RetryPolicy(), jitter: 0.5)
  }

  private func settlement(_ acknowledged: [String], _ failure: Settlement.Failure? = nil) -> Settlement {
    Settlement(Self.ticket, acknowledged: acknowledged, failure: failure)
  }

  @Test("All done")
  func done() {
    #expect(decide([.done, .done, .done, .done]) == settlement(["a", "b", "c", "d"]))
  }

  @Test("Nothing that follows an event to be retried is acknowledged")
  func retry() {
    let retry = Settlement.Failure.retry(id: "b", after: .seconds(1), boom)
    #expect(decide([.done, .failed(boom), .done, .done]) == settlement(["a"], retry))
  }

  @Test("A rejected event does not hold up what follows")
  func rejected() {
    let dead = Settlement.Failure.dead(id: "b", .permanent, boom)
    #expect(decide([.done, .rejected(boom), .done, .done]) == settlement(["a", "c", "d"], dead))
  }

  @Test("The last attempt ends in death, and what follows waits until that is on record")
  func exhausted() {
    let dead = Settlement.Failure.dead(id: "a", .attemptsExhausted, boom)
    #expect(decide([.failed(boom), .done], deliveries: 10) == settlement([], dead))
    #expect(decide([.failed(boom)], deliveries: 9).failure == .retry(id: "a", after: .seconds(150), boom))
  }

  @Test("What follows a second failure comes again")
  func secondFailure() {
    let dead = Settlement.Failure.dead(id: "a", .permanent, boom)
    #expect(decide([.rejected(boom), .done, .rejected(boom), .done]) == settlement(["b"], dead))
    #expect(decide([.rejected(boom), .unavailable, .done, .done]) == settlement([], dead))
  }

  @Test("A dependency that is away costs nobody an attempt")
  func unavailable() {
    #expect(decide([.done, .unavailable, .untouched, .untouched]) == settlement(["a"], .release))
    #expect(decide([.unavailable], deliveries: 10) == settlement([], .release))
  }

  @Test("What was not tried comes again")
  func untouched() {
    #expect(decide([.done, .untouched, .done]) == settlement(["a"]))
    #expect(decide([]) == settlement([]))
  }

  @Test("Long descriptions are cut between characters")
  func descriptions() {
    let long = FailureDescription(failureClass: "x", message: String(repeating: "\u{20AC}", count: 500))
    #expect(long.message == String(repeating: "\u{20AC}", count: 341))
    #expect(FailureDescription(failureClass: "x", message: "short").message == "short")
  }
}

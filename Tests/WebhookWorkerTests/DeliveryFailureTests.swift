import Postgres
import Testing

@testable import WebhookWorker

@Suite struct DeliveryFailureTests {
  @Test(
    "What Postgres' absence causes costs no attempt",
    arguments: ["08006", "57P01", "57P02", "57P03", "53300"])
  func infrastructure(state: String) {
    #expect(DeliveryFailure(PostgresError(.sqlState(state), "away")) == .dependencyAway)
  }

  @Test("A deadline of ours that passes is told apart, because a smaller transaction may be in time")
  func deadline() {
    #expect(DeliveryFailure(PostgresError(.deadline, "12 s")) == .unanswered)
  }

  @Test("What may go well another time costs an attempt", arguments: ["57014", "40001", "55P03", "23503"])
  func retryable(state: String) {
    guard case .retryable(let description) = DeliveryFailure(PostgresError(.sqlState(state), "no")) else {
      Issue.record("\(state) is not retryable")
      return
    }
    #expect(description.failureClass == state)
  }

  @Test("Data that Postgres refuses is refused for good", arguments: ["22P05", "23514"])
  func permanent(state: String) {
    guard case .permanent(let description) = DeliveryFailure(PostgresError(.sqlState(state), "no")) else {
      Issue.record("\(state) is not permanent")
      return
    }
    #expect(description.failureClass == state)
  }
}

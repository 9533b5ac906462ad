import HTTPTypes
import Testing

@testable import APIService

@Suite struct BodyBudgetTests {
  @Test("What is set aside is refused to others, and theirs again afterwards, however it ended")
  func budget() async throws {
    let budget = BodyBudget(limit: 10)
    try await budget.with(6) {
      try await budget.with(4) {}
      let problem = await #expect(throws: Problem.self) { try await budget.with(5) {} }
      #expect(problem?.status.code == 503 && problem?.code == "overloaded")
    }
    await #expect(throws: CancellationError.self) { try await budget.with(10) { throw CancellationError() } }
    try await budget.with(10) {}
  }
}

import Queue
import Testing

@Suite("Retry policy")
struct RetryPolicyTests {
  @Test(
    "The bound doubles up to five minutes",
    arguments: zip(1...9, [2, 4, 8, 16, 32, 64, 128, 256, 300]))
  func bounds(attempt: Int, seconds: Int) {
    let policy = RetryPolicy()
    #expect(policy.delay(afterAttempt: attempt, jitter: 1) == .seconds(seconds))
    #expect(policy.delay(afterAttempt: attempt, jitter: 0.5) == .seconds(seconds) * 0.5)
    #expect(policy.delay(afterAttempt: attempt, jitter: 0) == .zero)
  }

  @Test("After the tenth attempt there is no other")
  func exhausted() {
    #expect(RetryPolicy().delay(afterAttempt: 10, jitter: 0) == nil)
    #expect(RetryPolicy().delay(afterAttempt: 11, jitter: 0) == nil)
  }

  @Test("The head of a conversation waits about seven minutes in the mean and fourteen at most")
  func total() {
    let longest = (1...9).compactMap { RetryPolicy().delay(afterAttempt: $0, jitter: 1) }.reduce(.zero, +)
    #expect(longest == .seconds(810))
  }

  @Test("Any number of attempts is possible", arguments: [0, 31, 32, 63, 64, 1_000_000])
  func extremes(attempt: Int) throws {
    var policy = RetryPolicy()
    policy.maximumAttempts = .max
    #expect(try #require(policy.delay(afterAttempt: attempt, jitter: 0.999)) <= .seconds(300))
  }
}

import Testing

@testable import Redis

@Suite("The reconnect backoff")
struct RedisReconnectBackoffTests {
  @Test("doubles its bound up to the last")
  func doubles() {
    var backoff = RedisReconnectBackoff(.milliseconds(50)...(.milliseconds(300)))
    #expect(backoff.next(jitter: 1) == .milliseconds(50))
    #expect(backoff.next(jitter: 1) == .milliseconds(100))
    #expect(backoff.next(jitter: 1) == .milliseconds(200))
    #expect(backoff.next(jitter: 1) == .milliseconds(300))
    #expect(backoff.next(jitter: 1) == .milliseconds(300))
  }

  @Test("spreads waits over the whole range")
  func jitter() {
    var backoff = RedisReconnectBackoff(.milliseconds(100)...(.seconds(1)))
    #expect(backoff.next(jitter: 0) == .zero)
    #expect(backoff.next(jitter: 0.5) == .milliseconds(100))
  }

  @Test("begins anew after a connection that held, and only then")
  func reset() {
    var backoff = RedisReconnectBackoff(.milliseconds(50)...(.seconds(2)))
    _ = backoff.next(jitter: 1)
    backoff.connectionEnded(after: .milliseconds(10))
    #expect(backoff.next(jitter: 1) == .milliseconds(100))
    backoff.connectionEnded(after: .seconds(2))
    #expect(backoff.next(jitter: 1) == .milliseconds(50))
  }
}

import Testing

@testable import Cache

@Suite("CircuitBreaker")
struct CircuitBreakerTests {
  private let start = ContinuousClock.now

  private func record(
    _ breaker: inout CircuitBreaker, _ outcomes: [CircuitBreaker.Outcome], at seconds: Double = 0
  ) -> CircuitBreaker.Change? {
    var change: CircuitBreaker.Change?
    for outcome in outcomes {
      change = breaker.record(outcome, of: .allowed, now: start + .seconds(seconds)) ?? change
    }
    return change
  }

  @Test("Half of twenty calls failing opens it, nineteen do not")
  func half() {
    var breaker = CircuitBreaker()
    #expect(record(&breaker, Array(repeating: .failure, count: 19)) == nil)
    #expect(breaker.admit(now: start) == .allowed)
    #expect(record(&breaker, [.success]) == .opened)
    #expect(breaker.admit(now: start) == .refused)
  }

  @Test("Less than half never opens it")
  func fewFailures() {
    var breaker = CircuitBreaker()
    for _ in 0..<100 {
      #expect(record(&breaker, [.success, .success, .failure]) == nil)
    }
  }

  @Test("Failures count for ten seconds")
  func window() {
    var breaker = CircuitBreaker()
    #expect(record(&breaker, Array(repeating: .failure, count: 15)) == nil)
    #expect(record(&breaker, Array(repeating: .failure, count: 15), at: 10.5) == nil)
    #expect(record(&breaker, Array(repeating: .failure, count: 4), at: 19) == nil)
    #expect(record(&breaker, [.failure], at: 19.9) == .opened)
  }

  @Test("Five calls in a row without a connection open it, a success between starts anew")
  func noConnection() {
    var breaker = CircuitBreaker()
    #expect(record(&breaker, Array(repeating: .noConnection, count: 4)) == nil)
    #expect(record(&breaker, Array(repeating: .success, count: 9)) == nil)
    #expect(record(&breaker, Array(repeating: .noConnection, count: 4)) == nil)
    #expect(record(&breaker, [.noConnection]) == .opened)
  }

  @Test("While open one probe a second is let through; its success closes, its failure does not")
  func probes() {
    var breaker = CircuitBreaker()
    #expect(record(&breaker, Array(repeating: .noConnection, count: 5)) == .opened)
    #expect(breaker.admit(now: start + .milliseconds(999)) == .refused)
    #expect(breaker.admit(now: start + .seconds(1)) == .probe)
    #expect(breaker.admit(now: start + .seconds(1)) == .refused)
    #expect(breaker.record(.failure, of: .probe, now: start + .seconds(1)) == nil)
    #expect(breaker.admit(now: start + .milliseconds(1_999)) == .refused)
    #expect(breaker.admit(now: start + .seconds(2)) == .probe)
    #expect(breaker.record(.success, of: .probe, now: start + .seconds(2)) == .closed)
    #expect(breaker.admit(now: start + .seconds(2)) == .allowed)
    #expect(record(&breaker, Array(repeating: .failure, count: 19), at: 2) == nil)
  }

  @Test("A call from before it opened does not close it")
  func lateSuccess() {
    var breaker = CircuitBreaker()
    #expect(record(&breaker, Array(repeating: .noConnection, count: 5)) == .opened)
    #expect(breaker.record(.success, of: .allowed, now: start) == nil)
    #expect(breaker.admit(now: start) == .refused)
  }
}

internal import Cache
internal import Keyspace
internal import NIOConcurrencyHelpers
package import Redis

/// One request before its limit: passed once, with the lookup of a cached read or by itself.
package final class RateTicket: ReadGate {
  private enum State {
    case open
    /// Nil when it was admitted without having been counted.
    case passed(RateDecision?)
    /// Nil when it was refused since nobody counts.
    case refused(RateDecision?, RateLimitError)
  }

  private let limiter: RateLimiter
  private let subject: RateSubject
  private let state = NIOLockedValueBox(State.open)

  init(_ limiter: RateLimiter, _ subject: RateSubject) {
    self.limiter = limiter
    self.subject = subject
  }

  package var quota: Quota { limiter.quota }

  /// What was decided; nil before it is passed, and when the request was not counted.
  package var decision: RateDecision? {
    state.withLockedValue {
      switch $0 {
      case .open: nil
      case .passed(let decision), .refused(let decision, _): decision
      }
    }
  }

  /// Whether the request has still to be counted.
  package var isOpen: Bool { state.withLockedValue { if case .open = $0 { true } else { false } } }

  /// Counts the request, unless that was done with a lookup.
  ///
  /// - Throws: ``RateLimitError``, `CancellationError`.
  package func pass() async throws {
    if isOpen { return try await limiter.cache.pass(self) }
    try confirm()
  }

  /// Turns away whom it has turned away already.
  ///
  /// - Throws: ``RateLimitError``.
  package func confirm() throws {
    let refusal: RateLimitError? = state.withLockedValue {
      if case .refused(_, let error) = $0 { error } else { nil }
    }
    if let refusal { throw refusal }
  }

  package var call: RedisScriptCall { limiter.call(for: subject) }

  package func judge(_ reply: RedisReply?) throws {
    let verdict: State
    do throws(RateLimitError) {
      let decision = try limiter.decide(on: reply, for: subject)
      if let decision, !decision.isAdmitted {
        verdict = .refused(decision, .exceeded(quota, decision.wait))
      } else {
        verdict = .passed(decision)
      }
    } catch { verdict = .refused(nil, error) }
    state.withLockedValue { $0 = verdict }
    try confirm()
  }
}

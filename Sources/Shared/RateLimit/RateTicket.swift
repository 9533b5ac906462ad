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
    state.withLockedValue { if case .passed(let decision) = $0 { decision } else { nil } }
  }

  /// Counts the request, unless that was done with a lookup.
  ///
  /// - Throws: ``RateLimitError``, `CancellationError`.
  package func pass() async throws {
    let isOpen = state.withLockedValue { if case .open = $0 { true } else { false } }
    if isOpen { try await limiter.cache.pass(self) }
  }

  package var call: RedisScriptCall { limiter.call(for: subject) }

  package func judge(_ reply: RedisReply?) throws {
    // Also when it is turned away: it has been asked.
    let decision: RateDecision?
    do { decision = try limiter.decide(on: reply, for: subject) } catch {
      state.withLockedValue { $0 = .passed(nil) }
      throw error
    }
    state.withLockedValue { $0 = .passed(decision) }
    if let decision, !decision.isAdmitted { throw RateLimitError.exceeded(quota, decision.wait) }
  }
}

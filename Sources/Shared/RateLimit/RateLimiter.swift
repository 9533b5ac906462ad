package import Cache
package import Keyspace
internal import Redis

/// One limit for many subjects: at most so many requests of each in any window, over all instances.
///
/// Redis decides, by its own clock, in one call of a script per request: exactly while it answers. What it forgets when it
/// is flushed, restarted without its data or fails over is forgiven. What it said of each subject is remembered here for a
/// window: when it does not answer, nobody is admitted more often than it last said.
package final class RateLimiter: Sendable {
  /// What to do when Redis does not answer: `RATE_LIMIT_ON_STORE_ERROR`.
  package enum OnStoreError: Sendable {
    /// Each instance counts what it sees itself, from what Redis said last.
    case local
    /// Everything is admitted.
    case allow
    /// Everything is refused.
    case deny
  }

  /// What happened, for metrics.
  package enum Event: Sendable, CaseIterable {
    case admitted
    case refused
    /// Redis did not decide. One of the others follows, unless everything is admitted or refused then.
    case storeFailed
  }

  package let quota: Quota
  let cache: Cache
  private let keys: RateKeys
  private let script: RedisScript
  private let arguments: [RedisArgument]
  private let onStoreError: OnStoreError
  private let local: StripedWindows
  private let observe: @Sendable (Event) -> Void
  private let start = ContinuousClock.now

  /// - Parameters:
  ///   - cache: whose Redis counts, behind its circuit breaker.
  ///   - observe: gets what happens; it must not block.
  package init(
    _ quota: Quota, cache: Cache, keys: RateKeys = RateKeys(), onStoreError: OnStoreError = .local,
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.quota = quota
    self.cache = cache
    self.keys = keys
    self.onStoreError = onStoreError
    self.observe = observe
    script = quota.usesLog ? RateScripts.log : RateScripts.counter
    // Longer than a window and a hundredth of it, and than what rounding to milliseconds could take away.
    let life = quota.windowSeconds * 1010 + 1000
    arguments = [RedisArgument(quota.requests), RedisArgument(quota.window), RedisArgument(life)]
    local = StripedWindows(quota)
  }

  /// For one request; it counts when the ticket is passed.
  package func ticket(for subject: RateSubject) -> RateTicket { RateTicket(self, subject) }

  func call(for subject: RateSubject) -> RedisScriptCall {
    let key =
      quota.usesLog
      ? keys.log(of: subject) : keys.counter(of: subject, windowSeconds: quota.windowSeconds)
    return RedisScriptCall(script, keys: [RedisArgument(key)], arguments: arguments)
  }

  /// - Parameter reply: nil when there was none.
  /// - Returns: nil when the request is admitted without having been counted.
  func decide(on reply: RedisReply?, for subject: RateSubject) throws(RateLimitError) -> RateDecision? {
    let decision =
      if let told = reply.flatMap(RateDecision.init) { remember(told, for: subject) } else {
        try decideAlone(for: subject)
      }
    if let decision { observe(decision.isAdmitted ? .admitted : .refused) }
    return decision
  }

  private func remember(_ decision: RateDecision, for subject: RateSubject) -> RateDecision {
    if onStoreError == .local { local.note(decision, on: subject, now: now) }
    return decision
  }

  private func decideAlone(for subject: RateSubject) throws(RateLimitError) -> RateDecision? {
    observe(.storeFailed)
    switch onStoreError {
    case .local: return local.admit(subject, now: now)
    case .allow: return nil
    case .deny: throw .notCounted
    }
  }

  /// By a clock that nobody sets. It began a window before we did: what Redis counted then has its place on it.
  private var now: Microseconds { quota.window + (ContinuousClock.now - start).microseconds }
}

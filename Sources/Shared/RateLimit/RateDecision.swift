internal import Redis

/// What became of one request.
package struct RateDecision: Sendable, Equatable {
  package let isAdmitted: Bool
  /// How many more would be admitted right now.
  package let remaining: Int
  /// Until the oldest request that counts no longer does: after a refusal, until one would be admitted.
  package let wait: Duration

  init(isAdmitted: Bool, remaining: Int, wait: Duration) {
    self.isAdmitted = isAdmitted
    self.remaining = remaining
    self.wait = wait
  }

  /// In whole milliseconds, and never too short.
  static func admitted(remaining: Int, wait: Microseconds) -> RateDecision {
    RateDecision(isAdmitted: true, remaining: remaining, wait: .milliseconds((wait + 999) / 1000))
  }

  static func refused(wait: Microseconds) -> RateDecision {
    RateDecision(isAdmitted: false, remaining: 0, wait: .milliseconds((wait + 999) / 1000))
  }

  /// From the reply of either script; nil for any other.
  init?(_ reply: RedisReply) {
    guard let parts = reply.array, parts.count == 3, let admitted = parts[0].integer,
      let remaining = parts[1].integer, let wait = parts[2].integer
    else { return nil }
    self.init(isAdmitted: admitted == 1, remaining: Int(remaining), wait: .milliseconds(wait))
  }
}

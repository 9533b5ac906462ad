/// What a subject had left of its quota when it was last counted, by Redis or here.
struct RateBalance: Sendable, Equatable {
  /// How many more would have been admitted then.
  let remaining: Int
  /// When that was. Whatever counted then had been admitted before.
  let moment: Microseconds
  /// When the oldest request that counted then no longer does.
  let relief: Microseconds

  /// Of a subject of whom nobody has said anything.
  static func full(_ quota: Quota, now: Microseconds) -> RateBalance {
    RateBalance(remaining: quota.requests, moment: now, relief: now)
  }

  private init(remaining: Int, moment: Microseconds, relief: Microseconds) {
    self.remaining = remaining
    self.moment = moment
    self.relief = relief
  }

  /// From a decision just made. It may come from the network: what cannot be is taken for the nearest that can.
  init(_ decision: RateDecision, _ quota: Quota, now: Microseconds) {
    let wait = min(max(decision.wait, .zero), .seconds(quota.windowSeconds))
    self.init(
      remaining: min(max(decision.remaining, 0), quota.requests), moment: now,
      relief: now + wait.microseconds)
  }

  /// Whether what was learnt later counts instead. Until the oldest request leaves, what is left only shrinks: a number that
  /// is larger is of an earlier moment, or of one who does not know what was admitted here.
  func yields(to later: RateBalance) -> Bool { later.remaining <= remaining || later.moment >= relief }

  /// Whether nothing that counted then still does.
  func isIdle(now: Microseconds, _ quota: Quota) -> Bool { now - moment >= quota.window }

  /// A window with what is not left in it as already used. The oldest leaves it when it was said to; all others as if they
  /// had just been admitted, later than which it cannot have been: so never more than was left is admitted.
  func window(_ quota: Quota) -> any SlidingWindow {
    var window: any SlidingWindow = quota.usesLog ? SlidingLog() : SlidingCounter()
    let used = quota.requests - remaining
    guard used > 0 else { return window }
    window.count(1, at: relief - quota.window, quota)
    window.count(used - 1, at: moment, quota)
    return window
  }
}

extension Duration {
  /// Whole ones.
  var microseconds: Microseconds {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}

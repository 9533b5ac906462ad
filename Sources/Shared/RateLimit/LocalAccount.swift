/// One subject of a limit in this process.
enum LocalAccount: Sendable {
  /// Redis counts, and said this last.
  case told(RateBalance)
  /// Redis does not answer, and we count: in a window that began with what Redis said last.
  case counting(any SlidingWindow, RateBalance)

  /// What was left at last.
  var balance: RateBalance {
    switch self {
    case .told(let balance), .counting(_, let balance): balance
    }
  }

  /// Takes note of what Redis said. It answered later than what we know, or its answer is overtaken.
  mutating func told(_ balance: RateBalance) {
    if self.balance.yields(to: balance) { self = .told(balance) }
  }

  /// Decides on a request that Redis did not decide on.
  mutating func admit(now: Microseconds, _ quota: Quota) -> RateDecision {
    var window =
      switch self {
      case .told(let balance): balance.window(quota)
      case .counting(let window, _): window
      }
    let decision = window.admit(now: now, quota)
    self = .counting(window, RateBalance(decision, quota, now: now))
    return decision
  }

  /// Whether it is as if it had never been seen.
  func isIdle(now: Microseconds, _ quota: Quota) -> Bool {
    switch self {
    case .told(let balance): balance.isIdle(now: now, quota)
    case .counting(let window, _): window.isIdle(now: now, quota)
    }
  }
}

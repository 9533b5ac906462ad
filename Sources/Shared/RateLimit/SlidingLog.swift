/// The moments of the requests that were admitted within the window: exact, to the microsecond. See `log.lua`.
struct SlidingLog: SlidingWindow, Equatable {
  private var admissions: [Microseconds] = []

  mutating func admit(now: Microseconds, _ quota: Quota) -> RateDecision {
    forget(now: now, quota.window)
    let count = admissions.count
    guard count < quota.requests else {
      // More than the limit are there when it was lowered.
      return .refused(wait: admissions[count - quota.requests] + quota.window - now)
    }
    admissions.append(now)
    return .admitted(remaining: quota.requests - count - 1, wait: admissions[0] + quota.window - now)
  }

  mutating func count(_ requests: Int, at moment: Microseconds, _ quota: Quota) {
    admissions.append(contentsOf: repeatElement(moment, count: requests))
  }

  func isIdle(now: Microseconds, _ quota: Quota) -> Bool {
    admissions.last.map { now - $0 >= quota.window } ?? true
  }

  private mutating func forget(now: Microseconds, _ window: Microseconds) {
    // Only a clock that was set back can have brought this about: nobody is to wait until it has caught up.
    if let oldest = admissions.first, oldest - now > window { admissions = [] }
    let past = admissions.firstIndex { now - $0 < window } ?? admissions.count
    if past > 0 { admissions.removeFirst(past) }
  }
}

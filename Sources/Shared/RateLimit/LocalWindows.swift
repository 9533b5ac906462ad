internal import Keyspace

/// The windows of one limit in this process alone, for when Redis does not answer. Owned under a lock.
struct LocalWindows: Sendable {
  /// At 100 requests per window they take some 10 MB together.
  private static let capacity = 10_000

  private let quota: Quota
  private var windows: [RateSubject: any SlidingWindow] = [:]

  init(_ quota: Quota) { self.quota = quota }

  mutating func admit(_ subject: RateSubject, now: Microseconds) -> RateDecision {
    if windows.count >= Self.capacity, windows[subject] == nil { makeRoom(now: now) }
    return windows[subject, default: quota.emptyWindow].admit(now: now, quota)
  }

  /// When all are in use it starts anew: they are more than one process is meant to serve, and the limit of nobody in
  /// particular is worth their memory.
  private mutating func makeRoom(now: Microseconds) {
    windows = windows.filter { !$0.value.isIdle(now: now, quota) }
    if windows.count >= Self.capacity { windows.removeAll(keepingCapacity: true) }
  }
}

extension Quota {
  fileprivate var emptyWindow: any SlidingWindow { usesLog ? SlidingLog() : SlidingCounter() }
}

/// How many requests were admitted in each hundredth of the window, for limits whose log would be long. Never more than
/// the limit in any window, and at least 99 % of it for whoever sends all the time. See `counter.lua`.
struct SlidingCounter: SlidingWindow, Equatable {
  /// A window that begins and ends within a cell touches one more than a hundred.
  private static let cells = 101

  /// The number of the newest cell since the epoch of the clock.
  private var newest: Int64 = 0
  private var total = 0
  /// Oldest first.
  private var counts = [Int](repeating: 0, count: cells)

  mutating func admit(now: Microseconds, _ quota: Quota) -> RateDecision {
    let width = Self.width(quota)
    advance(to: now / width)
    guard total < quota.requests else { return refusal(now: now, quota) }
    counts[Self.cells - 1] += 1
    total += 1
    let oldest = counts.firstIndex { $0 > 0 } ?? 0
    return .admitted(remaining: quota.requests - total, wait: end(of: oldest, width) - now)
  }

  mutating func count(_ requests: Int, at moment: Microseconds, _ quota: Quota) {
    advance(to: moment / Self.width(quota))
    counts[Self.cells - 1] += requests
    total += requests
  }

  func isIdle(now: Microseconds, _ quota: Quota) -> Bool {
    guard let last = counts.lastIndex(where: { $0 > 0 }) else { return true }
    return now >= end(of: last, Self.width(quota))
  }

  private func refusal(now: Microseconds, _ quota: Quota) -> RateDecision {
    // More than the limit are there when it was lowered.
    var (place, left) = (0, total - counts[0])
    while left >= quota.requests {
      place += 1
      left -= counts[place]
    }
    return .refused(wait: end(of: place, Self.width(quota)) - now)
  }

  private mutating func advance(to cell: Int64) {
    // Far in the future is what a clock that was set back has left: nobody is to wait until it has caught up.
    if abs(cell - newest) >= Self.cells {
      self = SlidingCounter()
      newest = cell
    }
    guard cell > newest else { return }
    let passed = Int(cell - newest)
    total -= counts[..<passed].reduce(0, +)
    counts.removeFirst(passed)
    counts.append(contentsOf: repeatElement(0, count: passed))
    newest = cell
  }

  /// The moment from which on a cell no longer counts.
  private func end(of place: Int, _ width: Microseconds) -> Microseconds {
    (newest + 1 + Int64(place)) * width
  }

  private static func width(_ quota: Quota) -> Microseconds { quota.window / Int64(cells - 1) }
}

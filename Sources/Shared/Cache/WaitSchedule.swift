/// The pauses between looks for another instance's fill: 5, 10, 20, 40, 40, … ms, together no more than a limit.
struct WaitSchedule: Sequence, IteratorProtocol {
  private static let longest = Duration.milliseconds(40)

  private var remaining: Duration
  private var pause = Duration.milliseconds(5)

  init(limit: Duration) { remaining = limit }

  mutating func next() -> Duration? {
    guard remaining > .zero else { return nil }
    let current = Swift.min(pause, remaining)
    remaining -= current
    pause = Swift.min(pause * 2, Self.longest)
    return current
  }
}

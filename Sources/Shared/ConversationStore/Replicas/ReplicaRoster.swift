/// Which replicas are alive, and how far each is known to have replayed. Pure.
struct ReplicaRoster: Sendable {
  /// A replica without a sign of life for so long is left out.
  static let patience = Duration.seconds(2)

  private struct Sign {
    let lsn: UInt64
    let at: ContinuousClock.Instant
  }

  /// Nil: never heard of, or failed since.
  private var signs: [Sign?]
  private var turn = 0

  init(count: Int) { signs = Array(repeating: nil, count: count) }

  /// A replica said how far it has replayed; that may be less than before, when it was made anew.
  mutating func replied(_ index: Int, lsn: UInt64, at now: ContinuousClock.Instant) {
    signs[index] = Sign(lsn: lsn, at: now)
  }

  /// Left out until it replies again.
  mutating func failed(_ index: Int) { signs[index] = nil }

  /// The next in turn of those that have replayed enough; nil when there is none, and the primary has to do it.
  mutating func next(atLeast floor: UInt64, at now: ContinuousClock.Instant) -> Int? {
    for offset in signs.indices.map({ $0 + 1 }) {
      let index = (turn + offset) % signs.count
      guard let sign = signs[index], sign.lsn >= floor, now - sign.at <= Self.patience else { continue }
      turn = index
      return index
    }
    return nil
  }
}

import TestSupport

/// What happens to the servers in one run, and when each client notices. Milliseconds.
struct FencePlan {
  /// All clients are to go to another server.
  struct Failover {
    let at: UInt64
    let node: Int
    /// When that server last heard of the old one: what it knows is as old. Nil: it is an old one again, as it was left.
    let copiedAt: UInt64?
    let source: Int
  }

  static let length: UInt64 = 60_000

  let failovers: [Failover]
  /// When no server confirms an invalidation, while everything else works.
  let deafness: [ClosedRange<UInt64>]

  /// Nothing happens to the servers.
  static let calm = FencePlan(failovers: [], deafness: [])

  /// A replica takes over that has missed seconds; then it, too, is lost: to a restart from an old snapshot, or back to
  /// the first server, which nobody had told.
  static func plan(_ random: inout SplitMix64) -> FencePlan {
    let first = UInt64(random.number(12_000...22_000))
    let second = first + UInt64(random.number(8_000...25_000))
    let takeover = Failover(
      at: first, node: 1, copiedAt: first - UInt64(random.number(0...10_000)), source: 0)
    let restart = Failover(
      at: second, node: 2, copiedAt: second - UInt64(random.number(0...8_000)), source: 1)
    let failback = Failover(at: second, node: 0, copiedAt: nil, source: 1)
    let deafness = [0...10_000, 30_000...50_000].map {
      let start = UInt64(random.number($0))
      return start...start + UInt64(random.number(1_000...9_000))
    }
    return FencePlan(failovers: [takeover, random.chance(60) ? restart : failback], deafness: deafness)
  }

  private init(failovers: [Failover], deafness: [ClosedRange<UInt64>]) {
    self.failovers = failovers
    self.deafness = deafness
  }

  /// One client's way: some move at once, some within seconds, some long after.
  func route(_ random: inout SplitMix64) -> Route {
    let longest = [0, 2_000, 25_000][random.number(0...2)]
    return Route(
      moves: failovers.map { ($0.at + UInt64(random.number(0...longest)), $0.node) })
  }

  /// The server a client is connected to.
  struct Route {
    var moves: [(at: UInt64, node: Int)] = []

    func node(at now: UInt64) -> Int { moves.last { $0.at <= now }?.node ?? 0 }
  }
}

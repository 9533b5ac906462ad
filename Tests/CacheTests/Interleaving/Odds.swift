/// How likely what is, in hundredths, unless it says otherwise.
struct Odds: Sendable {
  /// That the replica replays a transaction, per step.
  var replay = 0
  /// That a key is lost, per step.
  var eviction = 0
  /// That a new actor writes.
  var write = 0
  var replicaRead = 0
  var unknownLSN = 0
  var refresh = 0
  /// That a writer dies after COMMIT, or between two invalidations.
  var writerDeath = 0
  /// That a fill is never sent.
  var fillDeath = 0
  /// That an invalidation is sent again, because its reply was lost.
  var resend = 0
  /// That a lease expires while somebody waits.
  var leaseExpiry = 0
  var impatience = 0
  /// The steps an actor may rest between two of its own.
  var longestPause = 0

  /// For a schedule that decides everything itself.
  static let none = Odds()

  private static let ordinary = Odds(
    replay: 3, eviction: 1, write: 8, replicaRead: 60, unknownLSN: 10, refresh: 30, writerDeath: 10,
    fillDeath: 10, resend: 30, leaseExpiry: 20, impatience: 15, longestPause: 3)

  /// One year's weather does not find every fault: equal seeds have equal odds, others may differ.
  static func odds(seed: UInt64) -> Odds {
    var odds = ordinary
    switch seed % 4 {
    case 1: (odds.replay, odds.replicaRead, odds.write) = (1, 85, 12)
    case 2: (odds.unknownLSN, odds.replicaRead, odds.eviction, odds.write) = (40, 75, 0, 4)
    case 3: (odds.longestPause, odds.resend, odds.write) = (12, 60, 12)
    default: break
    }
    return odds
  }
}

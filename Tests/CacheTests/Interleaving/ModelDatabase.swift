/// A primary, a lagging replica and an outbox, with one version counter: what every cached answer shows.
struct ModelDatabase {
  /// What a server shows and how far its log goes.
  struct Server: Equatable {
    var version = 0
    var lsn: UInt64 = 1
  }

  private(set) var primary = Server()
  private(set) var replica = Server()
  private(set) var isLocked = false
  /// The versions whose invalidation nobody has noted yet.
  private(set) var unmarked: Set<Int> = []
  private var log: [Server] = []

  /// Takes the row lock and writes the commit record, which is in the log before it can be seen.
  mutating func beginCommit() -> Int {
    precondition(!isLocked)
    isLocked = true
    primary.lsn += 3
    let version = primary.version + 1
    log.append(Server(version: version, lsn: primary.lsn))
    return version
  }

  /// Row and outbox row become visible.
  mutating func endCommit(_ version: Int) {
    primary.version = version
    unmarked.insert(version)
    isLocked = false
  }

  mutating func mark(_ versions: Set<Int>) { unmarked.subtract(versions) }

  mutating func replay() {
    if !log.isEmpty { replica = log.removeFirst() }
  }
}

/// A Postgres with rows that only ever rise in version, their outbox, and a replica that lags by a fixed time.
/// Times are milliseconds of the model's clock.
struct FenceDatabase {
  /// An outbox row: written by a trigger before its transaction commits, at times long before.
  struct Row {
    let group: Int
    let writtenAt: UInt64
    var isCommitted = false
    var doneBy: String?
    var doneAt: UInt64 = 0
  }

  let replicaLag: UInt64
  private(set) var rows: [Row] = []
  /// When each version became visible, by group.
  private var commits: [[UInt64]]
  private var log: [UInt64] = []

  init(groups: Int, replicaLag: UInt64) {
    self.replicaLag = replicaLag
    commits = Array(repeating: [], count: groups)
  }

  mutating func write(_ group: Int, at now: UInt64) -> Int {
    rows.append(Row(group: group, writtenAt: now))
    return rows.count - 1
  }

  mutating func commit(_ row: Int, at now: UInt64) {
    rows[row].isCommitted = true
    commits[rows[row].group].append(now)
    log.append(now)
  }

  mutating func mark(_ ids: [Int], by name: String, at now: UInt64) {
    for id in ids { (rows[id].doneBy, rows[id].doneAt) = (name, now) }
  }

  /// What everybody saw from the moment on.
  func version(of group: Int, at moment: UInt64) -> Int { commits[group].count { $0 <= moment } }

  func lsn(at moment: UInt64) -> UInt64 { UInt64(log.count { $0 <= moment }) + 1 }

  /// Rows that a relay is to invalidate: never done, but not the youngest; or done on another server lately.
  func due(on name: String, at now: UInt64, grace: UInt64, memory: UInt64) -> [Int] {
    rows.indices.filter { id in
      let row = rows[id]
      guard row.isCommitted else { return false }
      guard let doneBy = row.doneBy else { return row.writtenAt + grace <= now }
      return doneBy != name && row.doneAt + memory > now
    }
  }
}

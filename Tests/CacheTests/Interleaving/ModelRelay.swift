/// A relay's tick: what nobody has marked is invalidated, and then everything of the snapshot counts as acknowledged.
/// Two of them run at once, as after a hand-over that the former leader has not noticed.
struct ModelRelay {
  private enum State {
    case resting(pause: Int)
    case reading(lsn: UInt64)
    case sampling(Snapshot, lsn: UInt64)
    case invalidating(Snapshot, lsn: UInt64, groups: [Int])
  }

  private struct Snapshot {
    let version: Int
    let rows: Set<Int>
  }

  private var state = State.resting(pause: 0)

  /// True once a tick is complete.
  var isResting: Bool { if case .resting = state { true } else { false } }

  mutating func step(_ model: inout InterleavingModel) async throws {
    switch state {
    case .resting(let pause) where pause > 0:
      state = .resting(pause: pause - 1)
    case .resting:
      state = .reading(lsn: model.database.primary.lsn)
    case .reading(let lsn):
      let rows = model.database.unmarked
      if model.mutation.relayMarksEarly { model.database.mark(rows) }
      state = .sampling(Snapshot(version: model.database.primary.version, rows: rows), lsn: lsn)
    case .sampling(let snapshot, let early):
      let lsn = model.mutation.relaySamplesEarly ? early : model.database.primary.lsn
      state = .invalidating(snapshot, lsn: lsn, groups: snapshot.rows.isEmpty ? [] : [0, 1])
    case .invalidating(let snapshot, let lsn, let groups):
      guard let group = groups.first else { return try await end(snapshot, &model) }
      try await model.send(ModelInvalidation(group: group, lsn: lsn))
      state = .invalidating(snapshot, lsn: lsn, groups: Array(groups.dropFirst()))
    }
  }

  private mutating func end(_ snapshot: Snapshot, _ model: inout InterleavingModel) async throws {
    model.database.mark(snapshot.rows)
    try await model.vouch()
    model.acknowledge(snapshot.version)
    model.tally.relayed += snapshot.rows.count
    state = .resting(pause: 3 * model.pause())
  }
}

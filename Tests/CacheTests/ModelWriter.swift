@testable import Cache

/// A write as the store does it: COMMIT, LSN, one invalidation per group, and only then the acknowledgement.
struct ModelWriter {
  private enum State {
    case waiting
    case committing(version: Int)
    case committed(version: Int, pause: Int)
    case invalidating(version: Int, lsn: UInt64?, pause: Int, groups: [Int])
  }

  private var state = State.waiting

  /// One step; false when it was the last, also for a writer that dies.
  mutating func step(_ model: inout InterleavingModel) async throws -> Bool {
    switch state {
    case .waiting:
      if !model.database.isLocked { state = .committing(version: model.database.beginCommit()) }
    case .committing(let version):
      model.database.endCommit(version)
      if model.random.chance(10) { return false }
      state = .committed(version: version, pause: model.random.number(0...6))
    case .committed(let version, let pause) where pause > 0:
      state = .committed(version: version, pause: pause - 1)
    case .committed(let version, _):
      let lsn = model.random.chance(10) ? nil : model.database.primary.lsn
      let groups = model.random.chance(50) ? [0, 1] : [1, 0]
      state = .invalidating(version: version, lsn: lsn, pause: model.random.number(0...6), groups: groups)
    case .invalidating(let version, let lsn, let pause, let groups) where pause > 0:
      state = .invalidating(version: version, lsn: lsn, pause: pause - 1, groups: groups)
    case .invalidating(let version, let lsn, _, let groups):
      try await model.invalidate(groups[0], lsn: lsn)
      // A reply that was lost: the same is sent once more, some time later.
      if model.random.chance(30) {
        model.add(.resend(group: groups[0], lsn: lsn, pause: model.random.number(1...25)))
      }
      let rest = Array(groups.dropFirst())
      if rest.isEmpty {
        model.acknowledged = max(model.acknowledged, version)
        return false
      }
      if model.random.chance(10) { return false }
      state = .invalidating(version: version, lsn: lsn, pause: 0, groups: rest)
    }
    return true
  }
}

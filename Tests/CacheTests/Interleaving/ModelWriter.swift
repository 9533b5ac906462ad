import TestSupport

@testable import Cache

/// A write as the store does it: COMMIT, LSN, one invalidation per group, and only then the acknowledgement.
struct ModelWriter {
  /// How far it has come.
  enum Stage: Equatable { case waiting, committing, committed, invalidating, marking }

  private enum State {
    case waiting
    case committing(version: Int)
    case committed(version: Int, pause: Int)
    case invalidating(version: Int, [ModelInvalidation], pause: Int)
    case marking(version: Int, pause: Int)
  }

  private var state = State.waiting
  private var earlyLSN: UInt64 = 0

  var stage: Stage {
    switch state {
    case .waiting: .waiting
    case .committing: .committing
    case .committed: .committed
    case .invalidating: .invalidating
    case .marking: .marking
    }
  }

  /// One step; false when it was the last, also for a writer that dies.
  mutating func step(_ model: inout InterleavingModel) async throws -> Bool {
    switch state {
    case .waiting:
      if !model.database.isLocked {
        earlyLSN = model.database.primary.lsn
        state = .committing(version: model.database.beginCommit())
      }
    case .committing(let version):
      model.database.endCommit(version)
      if model.random.chance(model.odds.writerDeath) { return false }
      state = .committed(version: version, pause: 2 * model.pause())
    case .committed(let version, let pause) where pause > 0:
      state = .committed(version: version, pause: pause - 1)
    case .committed(let version, _):
      if model.mutation.writerMarksEarly { model.database.mark([version]) }
      state = .invalidating(version: version, invalidations(&model), pause: 2 * model.pause())
    case .invalidating(let version, let invalidations, let pause) where pause > 0:
      state = .invalidating(version: version, invalidations, pause: pause - 1)
    case .invalidating(let version, let invalidations, _):
      return try await invalidate(version, invalidations, &model)
    case .marking(let version, let pause) where pause > 0:
      state = .marking(version: version, pause: pause - 1)
    case .marking(let version, _):
      model.database.mark([version])
      return false
    }
    return true
  }

  private func invalidations(_ model: inout InterleavingModel) -> [ModelInvalidation] {
    let sampled = model.mutation.samplesBeforeCommit ? earlyLSN : model.database.primary.lsn
    let lsn = model.random.chance(model.odds.unknownLSN) ? nil : sampled
    let groups = model.random.chance(50) ? [0, 1] : [1, 0]
    return groups.map { ModelInvalidation(group: $0, lsn: lsn) }
  }

  private mutating func invalidate(
    _ version: Int, _ invalidations: [ModelInvalidation], _ model: inout InterleavingModel
  ) async throws -> Bool {
    try await model.send(invalidations[0])
    if model.random.chance(model.odds.resend) {
      model.add(.resend(invalidations[0], pause: 6 * model.pause()))
    }
    let rest = Array(invalidations.dropFirst())
    if rest.isEmpty {
      model.acknowledge(version)
      state = .marking(version: version, pause: model.pause())
      return true
    }
    state = .invalidating(version: version, rest, pause: 0)
    return !model.random.chance(model.odds.writerDeath)
  }
}

/// What is sent, and sent again, for one group.
struct ModelInvalidation {
  let group: Int
  let lsn: UInt64?
  /// For the fault that sends it a second time as it was.
  let epoch = CacheEpoch.random()
}

@testable import Cache

/// A relay's round, step by step, with its pauses; the order is that of the product's, and so are the three calls.
struct FenceRelay {
  enum State {
    case resting
    case asking
    case reading(CacheServerMoment?)
    case invalidating(CacheServerMoment?, rows: [Int], lsn: UInt64)
    case marking(CacheServerMoment, rows: [Int])
    case vouching(CacheServerMoment, rest: UInt64)
  }

  static let interval: UInt64 = 500
  static let grace: UInt64 = 200
  /// Postgres ends the transaction of a leader that says nothing for so long.
  private static let silence: UInt64 = 1_250
  private static let memory: UInt64 = 900_000

  let id: Int
  let route: FencePlan.Route
  private(set) var state = State.resting

  init(id: Int, route: FencePlan.Route) {
    self.id = id
    self.route = route
  }

  var isResting: Bool { if case .resting = state { true } else { false } }
  var isAboutToVouch: Bool { if case .vouching = state { true } else { false } }
  var hasRead: Bool { if case .invalidating = state { true } else { false } }

  /// One step; whether the relay goes on at once, and does not rest.
  mutating func step(_ model: inout FenceModel) async throws -> Bool {
    switch state {
    case .resting:
      guard model.leader.id == id || model.leader.sign + Self.silence < model.now else { return false }
      model.leader = (id, model.now)
      state = model.fault.asksLate ? .reading(nil) : .asking
    case .asking:
      state = .reading(model.moment(of: route.node(at: model.now)))
    case .reading(let moment):
      return try await read(moment, &model)
    case .invalidating(let moment, let rows, let lsn):
      return await invalidate(moment ?? model.moment(of: route.node(at: model.now)), rows, lsn, &model)
    case .marking(let moment, let rows):
      model.database.mark(rows, by: moment.server, at: model.now)
      prepare(moment, &model)
    case .vouching(let moment, let rest):
      try await vouch(moment, rest, &model)
      state = .resting
      return false
    }
    return true
  }

  private mutating func read(_ moment: CacheServerMoment?, _ model: inout FenceModel) async throws -> Bool {
    // Who was silent for too long has lost its connection, and with it the round.
    guard model.leader.id == id, model.leader.sign + Self.silence >= model.now else {
      state = .resting
      return false
    }
    model.leader.sign = model.now
    let current = moment ?? model.moment(of: route.node(at: model.now))
    let rows = due(on: current.server, model)
    if model.fault.marksFirst { model.database.mark(rows, by: current.server, at: model.now) }
    if model.fault.vouchesFirst {
      try await model.vouch(current, lessening: Self.grace, on: route.node(at: model.now))
    }
    state = .invalidating(moment, rows: rows, lsn: model.database.lsn(at: model.now))
    return true
  }

  private func due(on name: String, _ model: FenceModel) -> [Int] {
    let rows = model.database.rows
    if model.fault.takesRowsByAge {
      return rows.indices.filter { rows[$0].isCommitted && rows[$0].writtenAt + 10_000 > model.now }
    }
    let due = model.database.due(
      on: name, at: model.now, grace: Self.grace, memory: model.fault.hasShortMemory ? 2_000 : Self.memory)
    return model.fault.marksWithoutName ? due.filter { rows[$0].doneBy == nil } : due
  }

  private mutating func invalidate(
    _ moment: CacheServerMoment, _ rows: [Int], _ lsn: UInt64, _ model: inout FenceModel
  ) async -> Bool {
    let isConfirmed = await model.invalidate(
      rows, lsn: lsn, on: route.node(at: model.now), named: moment.server)
    if isConfirmed {
      state = .marking(moment, rows: rows)
    } else if model.fault.ignoresFailures {
      prepare(moment, &model)
    } else {
      state = .resting
    }
    return !isResting
  }

  private mutating func prepare(_ moment: CacheServerMoment, _ model: inout FenceModel) {
    let end = moment.time + FenceModel.bound - Self.grace
    state = .vouching(moment, rest: end > model.redisTime ? end - model.redisTime : 0)
  }

  private func vouch(
    _ moment: CacheServerMoment, _ rest: UInt64, _ model: inout FenceModel
  ) async throws {
    let node = route.node(at: model.now)
    if model.fault.vouchesForALength {
      // What was left when it was computed, counted from now on.
      let late = CacheServerMoment(
        server: moment.server, time: model.redisTime + rest + Self.grace - FenceModel.bound)
      try await model.vouch(late, lessening: Self.grace, on: node)
    } else {
      let margin = model.fault.vouchesForTheYoungest ? 0 : Self.grace
      try await model.vouch(moment, lessening: margin, on: node)
    }
  }
}

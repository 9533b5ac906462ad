import NIOCore

@testable import Cache

/// A read as `Cache` does it, in steps that others come between; or the load of a background refresh.
struct ModelReader {
  private enum State {
    case looking(pause: Int)
    case acquiring
    case joined(InterleavingModel.FlightName, number: Int, patience: Int)
    case sampling(CacheLease)
    case readingReplica(CacheLease, lsn: UInt64)
    case readingPrimary(CacheLease?, lsn: UInt64)
    case landing(CacheLease, LoadedValue, pause: Int)
  }

  private var state: State
  private let entry: Int
  private let isAnswered: Bool
  /// What must be seen: acknowledged before the read began.
  private let required: Int
  private var attempts = 0
  private var flight: (name: InterleavingModel.FlightName, number: Int)?

  init(_ model: inout InterleavingModel) {
    entry = model.random.number(0...1)
    state = .looking(pause: model.random.number(0...3))
    required = model.acknowledged
    isAnswered = true
  }

  init(refreshing entry: Int, under lease: CacheLease, _ model: inout InterleavingModel) {
    self.entry = entry
    required = 0
    isAnswered = false
    state = .sampling(lease)
    takeOff(lease, &model)
  }

  /// One step; false when it was the last.
  mutating func step(_ model: inout InterleavingModel) async throws -> Bool {
    switch state {
    case .looking(let pause) where pause > 0:
      state = .looking(pause: pause - 1)
      return true
    case .looking:
      return try await look(&model)
    case .acquiring:
      return try await acquire(&model)
    case .joined(let name, let number, let patience):
      return wait(for: name, number, patience, &model)
    case .sampling(let lease):
      sample(lease, &model)
      return true
    case .readingReplica(let lease, let lsn):
      let source = CacheLoadSource(floor: lease.floor)
      let load = Self.load(model.database.replica.version, lsn: lsn, isPrimary: false)
      if model.mutation.readsAnyReplica || source.accepts(load) {
        state = .landing(lease, LoadedValue(load, cost: .zero), pause: model.random.number(0...4))
      } else {
        state = .readingPrimary(lease, lsn: model.database.primary.lsn)
      }
      return true
    case .readingPrimary(let lease, let lsn):
      let version = model.database.primary.version
      guard let lease else { return answer(version, &model) }
      let load = Self.load(version, lsn: lsn, isPrimary: true)
      state = .landing(lease, LoadedValue(load, cost: .zero), pause: model.random.number(0...4))
      return true
    case .landing(let lease, let loaded, let pause) where pause > 0:
      state = .landing(lease, loaded, pause: pause - 1)
      return true
    case .landing(let lease, let loaded, _):
      return land(lease, loaded, &model)
    }
  }

  private mutating func look(_ model: inout InterleavingModel) async throws -> Bool {
    attempts += 1
    switch try await model.server.look(at: model.entries[entry], timeout: .seconds(10)) {
    case .hit(let hit):
      model.tally.hits += 1
      if model.random.chance(30) { model.add(.refresh(entry: entry, hit.record)) }
      return answer(Self.version(of: hit.value), &model)
    case .untrusted(let distrust):
      preconditionFailure("nobody vouched in time: \(distrust)")
    case .miss(let miss):
      if !join(miss.record?.epoch, &model) { state = .acquiring }
      return true
    }
  }

  private mutating func acquire(_ model: inout InterleavingModel) async throws -> Bool {
    let acquisition = try await model.server.acquire(
      model.entries[entry], leaseDuration: .seconds(500), timeout: .seconds(10))
    switch acquisition {
    case .hit(let value, _, _):
      return answer(Self.version(of: value), &model)
    case .untrusted(let distrust):
      preconditionFailure("nobody vouched in time: \(distrust)")
    case .lease(let lease):
      takeOff(lease, &model)
      state = .sampling(lease)
    case .wait(let epoch):
      if join(epoch, &model) { return true }
      // Leases expire while others wait, and the patience of those ends.
      if model.random.chance(20) { try await model.delete([model.entries[entry].leaseKey]) }
      let isPatient = attempts < 12 && !model.random.chance(15)
      state = isPatient ? .looking(pause: 1) : .readingPrimary(nil, lsn: model.database.primary.lsn)
    }
    return true
  }

  private mutating func join(_ epoch: CacheEpoch?, _ model: inout InterleavingModel) -> Bool {
    guard let epoch, let flight = model.flights[model.flightName(entry, epoch)] else { return false }
    state = .joined(model.flightName(entry, epoch), number: flight.number, patience: 40)
    return true
  }

  private mutating func wait(
    for name: InterleavingModel.FlightName, _ number: Int, _ patience: Int, _ model: inout InterleavingModel
  ) -> Bool {
    if let flight = model.flights[name], flight.number == number, let version = flight.version {
      model.tally.joined += 1
      return answer(version, &model)
    }
    let isUnderWay = model.flights[name]?.number == number && patience > 0
    state = isUnderWay ? .joined(name, number: number, patience: patience - 1) : .looking(pause: 0)
    return true
  }

  private mutating func takeOff(_ lease: CacheLease, _ model: inout InterleavingModel) {
    let number = model.random.number(0...Int.max)
    model.flights[model.flightName(entry, lease.epoch)] = .init(number: number)
    flight = (model.flightName(entry, lease.epoch), number)
  }

  private mutating func sample(_ lease: CacheLease, _ model: inout InterleavingModel) {
    if model.random.chance(60) {
      state = .readingReplica(lease, lsn: model.database.replica.lsn)
    } else {
      state = .readingPrimary(lease, lsn: model.database.primary.lsn)
    }
  }

  private mutating func land(
    _ lease: CacheLease, _ loaded: LoadedValue, _ model: inout InterleavingModel
  ) -> Bool {
    let version = Self.version(of: loaded.value)
    if let flight, model.flights[flight.name]?.number == flight.number {
      model.flights[flight.name]?.version = version
    }
    model.add(.fill(entry: entry, lease, loaded, pause: model.random.number(0...8)))
    return answer(version, &model)
  }

  private func answer(_ version: Int, _ model: inout InterleavingModel) -> Bool {
    guard isAnswered else { return false }
    model.tally.reads += 1
    if version < required {
      model.tally.stale.append("group \(entry) showed \(version), \(required) was acknowledged before")
    }
    return false
  }

  private static func load(_ version: Int, lsn: UInt64, isPrimary: Bool) -> CacheLoad {
    CacheLoad(body: ByteBuffer(string: String(version)), lsn: lsn, isPrimary: isPrimary)
  }

  private static func version(of value: CachedValue) -> Int { Int(String(buffer: value.body)) ?? -1 }
}

import NIOCore
import TestSupport

@testable import Cache

/// A read as `Cache` does it, in steps that others come between; or the load of a background refresh.
struct ModelReader {
  /// How far it has come.
  enum Stage { case looking, acquiring, joined, waiting, sampling, reading, answering, landing, done }

  private enum State {
    case looking(pause: Int)
    case acquiring
    case joined(ModelFlights.Ticket)
    case waiting(CacheEpoch, pause: Int)
    case sampling(CacheLease)
    case readingReplica(CacheLease, lsn: UInt64?, version: Int?)
    case readingPrimary(CacheLease, lsn: UInt64)
    case readingDirectly(afterWait: Bool)
    case answering(version: Int, pause: Int)
    case landing(CacheLease, LoadedValue, pause: Int)
    case done
  }

  private var state: State
  private let process: Int
  private let entry: Int
  private let isAnswered: Bool
  /// What must be seen: acknowledged before the read began.
  private let required: Int
  private let earlyLSN: UInt64
  private var patience = 6
  /// The load it has started, and its wait for somebody else's, which those who come to wait share.
  private var flight: ModelFlights.Ticket?
  private var wait: ModelFlights.Ticket?

  init(process: Int, entry: Int, _ model: inout InterleavingModel) {
    self.process = process
    self.entry = entry
    state = .looking(pause: model.pause())
    required = model.acknowledged
    earlyLSN = model.database.primary.lsn
    isAnswered = true
  }

  init(refreshing entry: Int, process: Int, under lease: CacheLease, _ model: inout InterleavingModel) {
    self.process = process
    self.entry = entry
    required = 0
    earlyLSN = model.database.primary.lsn
    isAnswered = false
    state = .sampling(lease)
    flight = model.flights.open(model.name(.load, process, entry, lease.epoch))
  }

  var stage: Stage {
    switch state {
    case .looking: .looking
    case .acquiring: .acquiring
    case .joined: .joined
    case .waiting: .waiting
    case .sampling: .sampling
    case .readingReplica, .readingPrimary, .readingDirectly: .reading
    case .answering: .answering
    case .landing: .landing
    case .done: .done
    }
  }

  /// One step; false when it was the last.
  mutating func step(_ model: inout InterleavingModel) async throws -> Bool {
    guard try await proceed(&model) else {
      state = .done
      return false
    }
    return true
  }

  private mutating func proceed(_ model: inout InterleavingModel) async throws -> Bool {
    switch state {
    case .looking(let pause) where pause > 0:
      state = .looking(pause: pause - 1)
    case .looking:
      return try await look(&model)
    case .acquiring:
      return try await acquire(&model)
    case .joined(let ticket):
      guard let version = model.flights.result(ticket) else { return true }
      model.tally.joined += 1
      return answer(version, &model)
    case .waiting(let epoch, let pause) where pause > 0:
      state = .waiting(epoch, pause: pause - 1)
    case .waiting(let epoch, _):
      patience -= 1
      state = .acquiring
      if patience < 0 || model.random.chance(model.odds.impatience) {
        state = .readingDirectly(afterWait: true)
      } else if let ticket = model.flights.ticket(model.name(.load, process, entry, epoch)) {
        state = .joined(ticket)
      }
    case .sampling(let lease):
      sample(lease, &model)
    case .readingReplica(let lease, let lsn, let version):
      readReplica(lease, lsn, version, &model)
    case .readingPrimary(let lease, let lsn):
      let load = CacheLoad(model.database.primary.version, lsn: lsn, isPrimary: true)
      state = .landing(lease, LoadedValue(load, cost: .zero), pause: model.pause())
    case .readingDirectly(let isAfterWait):
      let isReplica = isAfterWait && model.mutation.waitsForAnyReplica
      let server = isReplica ? model.database.replica : model.database.primary
      state = .answering(version: server.version, pause: model.pause())
    case .answering(let version, let pause) where pause > 0:
      state = .answering(version: version, pause: pause - 1)
    case .answering(let version, _):
      return answer(version, &model)
    case .landing(let lease, let loaded, let pause) where pause > 0:
      state = .landing(lease, loaded, pause: pause - 1)
    case .landing(let lease, let loaded, _):
      return land(lease, loaded, &model)
    case .done:
      return false
    }
    return true
  }

  private mutating func look(_ model: inout InterleavingModel) async throws -> Bool {
    switch try await model.look(at: entry) {
    case .hit(let hit):
      model.tally.hits += 1
      if model.random.chance(model.odds.refresh) {
        model.add(.refresh(process: process, entry: entry, hit.record))
      }
      return answer(hit.value.version, &model)
    case .untrusted:
      model.tally.untrusted += 1
      state = .readingDirectly(afterWait: false)
      return true
    case .miss(let miss):
      state = .acquiring
      if let epoch = miss.record?.epoch,
        let ticket = model.flights.ticket(model.name(.load, process, entry, epoch))
      {
        state = .joined(ticket)
      }
      return true
    }
  }

  private mutating func acquire(_ model: inout InterleavingModel) async throws -> Bool {
    switch try await model.acquire(entry) {
    case .hit(let value, _):
      return answer(value.version, &model)
    case .untrusted:
      state = .readingDirectly(afterWait: false)
    case .lease(let lease):
      flight = model.flights.open(model.name(.load, process, entry, lease.epoch))
      state = .sampling(lease)
    case .wait(let epoch):
      try await queue(epoch, &model)
    }
    return true
  }

  /// Somebody else has the lease: shares their load, or somebody's wait for it, or waits and is shared.
  private mutating func queue(_ epoch: CacheEpoch, _ model: inout InterleavingModel) async throws {
    if let ticket = model.flights.ticket(model.name(.load, process, entry, epoch)) {
      state = .joined(ticket)
      return
    }
    let name = model.name(.wait, process, entry, epoch)
    if wait == nil, let ticket = model.flights.ticket(name) {
      state = .joined(ticket)
      return
    }
    if wait == nil { wait = model.flights.open(name) }
    if model.random.chance(model.odds.leaseExpiry) { try await model.delete([model.entries[entry].leaseKey]) }
    state = .waiting(epoch, pause: model.pause())
  }

  private mutating func sample(_ lease: CacheLease, _ model: inout InterleavingModel) {
    guard model.random.chance(model.odds.replicaRead) else {
      let lsn = model.mutation.samplesBeforeLease ? earlyLSN : model.database.primary.lsn
      state = .readingPrimary(lease, lsn: lsn)
      return
    }
    let replica = model.database.replica
    state =
      model.mutation.samplesAfterRead
      ? .readingReplica(lease, lsn: nil, version: replica.version)
      : .readingReplica(lease, lsn: replica.lsn, version: nil)
  }

  private mutating func readReplica(
    _ lease: CacheLease, _ lsn: UInt64?, _ version: Int?, _ model: inout InterleavingModel
  ) {
    let replica = model.database.replica
    let load = CacheLoad(version ?? replica.version, lsn: lsn ?? replica.lsn, isPrimary: false)
    let isAccepted = model.mutation.readsAnyReplica || CacheLoadSource(floor: lease.floor).accepts(load)
    state =
      isAccepted
      ? .landing(lease, LoadedValue(load, cost: .zero), pause: model.pause())
      : .readingPrimary(lease, lsn: model.database.primary.lsn)
  }

  private func land(_ lease: CacheLease, _ loaded: LoadedValue, _ model: inout InterleavingModel) -> Bool {
    if let flight {
      model.flights.land(flight, version: loaded.value.version)
      model.add(.fill(entry: entry, lease, loaded, flight, pause: 2 * model.pause()))
    }
    return answer(loaded.value.version, &model)
  }

  private func answer(_ version: Int, _ model: inout InterleavingModel) -> Bool {
    if let wait {
      model.flights.land(wait, version: version)
      model.flights.close(wait)
    }
    guard isAnswered else { return false }
    model.tally.reads += 1
    if version < required {
      model.tally.stale.append("group \(entry) showed \(version), \(required) was acknowledged before")
    }
    return false
  }
}

extension CacheLoad {
  fileprivate init(_ version: Int, lsn: UInt64, isPrimary: Bool) {
    self.init(body: ByteBuffer(string: String(version)), lsn: lsn, isPrimary: isPrimary)
  }
}

extension CachedValue {
  /// What of the database it shows.
  var version: Int { Int(String(buffer: body)) ?? -1 }
}

import NIOCore
import TestSupport

@testable import Cache

/// A run by chance: an agenda of what happens when.
struct FenceRun {
  private enum Event {
    case write
    case commit(row: Int)
    case invalidate(row: Int, writer: FencePlan.Route)
    case mark(row: Int, name: String)
    case read(reader: Int)
    case load(reader: Int, group: Int, CacheLease, required: Int)
    case fill(reader: Int, group: Int, CacheLease, CacheLoad)
    case relay(Int)
    case copy(FencePlan.Failover)
  }

  var model: FenceModel
  private var agenda: [(at: UInt64, order: Int, event: Event)] = []
  private var order = 0
  private var readers: [FencePlan.Route] = []
  private var writers: [FencePlan.Route] = []

  init(_ model: FenceModel) {
    self.model = model
    readers = (0..<4).map { _ in self.model.plan.route(&self.model.random) }
    writers = (0..<2).map { _ in self.model.plan.route(&self.model.random) }
    for failover in model.plan.failovers {
      if let moment = failover.copiedAt { add(.copy(failover), at: moment) }
    }
    for relay in model.relays.indices { add(.relay(relay), at: UInt64(relay) * 250) }
    for reader in readers.indices { add(.read(reader: reader), at: 0) }
    add(.write, at: 0)
  }

  mutating func run() async throws -> FenceTally {
    while let next = agenda.popLast(), next.at < FencePlan.length {
      model.now = next.at
      try await handle(next.event)
    }
    return model.tally
  }

  private mutating func add(_ event: Event, at moment: UInt64) {
    order += 1
    let place = agenda.firstIndex { ($0.at, $0.order) < (moment, order) } ?? agenda.endIndex
    agenda.insert((moment, order, event), at: place)
  }

  /// After a while, which is a long one in so many of a hundred cases.
  private mutating func soon(
    _ event: Event, in usual: ClosedRange<Int>, seldom: ClosedRange<Int> = 0...0, percent: Int = 0
  ) {
    add(event, at: model.now + UInt64(model.random.number(chance(percent) ? seldom : usual)))
  }

  private mutating func chance(_ percent: Int) -> Bool { model.random.chance(percent) }

  private mutating func handle(_ event: Event) async throws {
    switch event {
    case .write: write()
    case .commit(let row): commit(row)
    case .invalidate(let row, let writer): await invalidate(row, writer)
    case .mark(let row, let name): model.database.mark([row], by: name, at: model.now)
    case .read(let reader): try await read(reader)
    case .load(let reader, let group, let lease, let required):
      let isReplica = chance(70)
      let load = model.load(group, lease, replica: isReplica)
      model.serve(
        Int(String(buffer: load.body)) ?? -1, group, required: required,
        on: readers[reader].node(at: model.now))
      soon(.fill(reader: reader, group: group, lease, load), in: 1...60, seldom: 1_000...20_000, percent: 5)
    case .fill(let reader, let group, let lease, let load):
      try await model.fill(group, lease, load, on: readers[reader].node(at: model.now))
    case .relay(let relay): try await step(relay)
    case .copy(let failover): try await model.copy(from: failover.source, to: failover.node)
    }
  }

  /// One transaction in ten takes long to commit after the trigger has written its row.
  private mutating func write() {
    let group = model.random.number(0...model.groups.count - 1)
    let row = model.database.write(group, at: model.now)
    soon(.commit(row: row), in: 1...40, seldom: 3_000...30_000, percent: 10)
    soon(.write, in: 200...3_500)
  }

  /// One writer in five dies right after it.
  private mutating func commit(_ row: Int) {
    model.database.commit(row, at: model.now)
    guard !chance(20) else { return }
    let writer = writers[model.random.number(0...writers.count - 1)]
    soon(.invalidate(row: row, writer: writer), in: 2...60, seldom: 300...4_000, percent: 15)
  }

  private mutating func invalidate(_ row: Int, _ writer: FencePlan.Route) async {
    guard !chance(10) else { return }
    let node = writer.node(at: model.now)
    let name = model.nodes[node].name
    let lsn = chance(10) ? nil : model.database.lsn(at: model.now)
    if await model.invalidate([row], lsn: lsn, on: node, named: name), !chance(20) {
      soon(.mark(row: row, name: name), in: 20...100, seldom: 1_000...10_000, percent: 10)
    }
  }

  private mutating func read(_ reader: Int) async throws {
    soon(.read(reader: reader), in: 100...500)
    let node = readers[reader].node(at: model.now)
    let group = model.random.number(0...model.groups.count - 1)
    let required = model.required(group)
    switch try await model.look(group, on: node) {
    case .hit(let hit):
      model.tally.hits += 1
      if let first = model.plan.failovers.first, model.now > first.at, node != 0 {
        model.tally.hitsAfterwards += 1
      }
      model.serve(hit.value.version, group, required: required, on: node)
    case .untrusted: model.tally.untrusted += 1
    case .miss: try await acquire(reader, group, required, on: node)
    }
  }

  private mutating func acquire(
    _ reader: Int, _ group: Int, _ required: Int, on node: Int
  ) async throws {
    switch try await model.acquire(group, on: node) {
    case .hit(let value, _): model.serve(value.version, group, required: required, on: node)
    case .lease(let lease):
      let load = Event.load(reader: reader, group: group, lease, required: required)
      soon(load, in: 1...50, seldom: 500...15_000, percent: 5)
    // The primary answers.
    case .wait, .untrusted: break
    }
  }

  /// A relay may be stopped between any two of its steps.
  private mutating func step(_ relay: Int) async throws {
    var next = model.relays[relay]
    let goesOn = try await next.step(&model)
    model.relays[relay] = next
    if goesOn {
      soon(.relay(relay), in: 1...40, seldom: 1_000...25_000, percent: 3)
    } else {
      soon(.relay(relay), in: 500...520)
    }
  }
}

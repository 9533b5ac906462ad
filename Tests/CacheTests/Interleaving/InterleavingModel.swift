import Conversations
import Keyspace
import NIOCore
import Redis
import TestSupport

@testable import Cache

/// Readers of two processes, writers, two relays, a replica and evictions in one random order over the real scripts,
/// one step of one of them at a time. Equal seeds give equal runs.
struct InterleavingModel {
  let mutation: Mutation
  var odds: Odds
  let server: CacheServer
  let keys: CacheKeys
  let groups: [CacheGroup]
  let entries: [CacheEntry]
  var random: SplitMix64
  var database = ModelDatabase()
  /// What every read from now on must show: acknowledged by a writer, or below a relay's watermark.
  private(set) var acknowledged = 0
  var flights = ModelFlights()
  var tally = InterleavingTally()
  private var actors: [Actor] = []

  /// Somebody with a next step.
  enum Actor {
    case reader(ModelReader)
    case writer(ModelWriter)
    case relay(ModelRelay)
    case resend(ModelInvalidation, pause: Int)
    case refresh(process: Int, entry: Int, EpochRecord)
    case fill(entry: Int, CacheLease, LoadedValue, ModelFlights.Ticket, pause: Int)

    var isFill: Bool { if case .fill = self { true } else { false } }
  }

  init(seed: UInt64, odds: Odds, mutation: Mutation, redis: RedisClient, prefix: String) {
    self.mutation = mutation
    self.odds = odds
    server = CacheServer(redis: redis, scripts: mutation.scripts)
    keys = CacheKeys(prefix: "\(prefix)\(seed):")
    groups = [
      .conversation(ConversationID("8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11") ?? .random()),
      .user(UserID(stored: "anna")),
    ]
    entries = [CacheEntry(groups[0], .body, keys: keys), CacheEntry(groups[1], .body, keys: keys)]
    random = SplitMix64(seed: seed)
  }

  /// Runs so many steps, and removes what is left in Redis.
  mutating func run(steps: Int) async throws -> InterleavingTally {
    actors = [.relay(ModelRelay()), .relay(ModelRelay())]
    try await vouch()
    for _ in 0..<steps {
      if random.chance(odds.replay) { database.replay() }
      if random.chance(odds.eviction) { try await evict() }
      if actors.count < 14 { actors.append(newcomer()) }
      let turn = random.number(0...actors.count - 1)
      let actor = actors.remove(at: turn)
      if let next = try await step(actor) { actors.append(next) }
    }
    try await cleanUp()
    return tally
  }

  /// Runs whatever is under way to its end, in turn.
  mutating func settle() async throws {
    while !actors.isEmpty {
      if let next = try await step(actors.removeFirst()) { actors.append(next) }
    }
  }

  /// Runs the fills under way and nothing else.
  mutating func settleFills() async throws {
    while let turn = actors.firstIndex(where: \.isFill) {
      if let next = try await step(actors.remove(at: turn)) { actors.append(next) }
    }
  }

  mutating func cleanUp() async throws {
    for entry in entries { try await delete([entry.epochKey, entry.valueKey, entry.leaseKey]) }
    try await delete([keys.watermark])
  }

  mutating func add(_ actor: Actor) { actors.append(actor) }

  mutating func acknowledge(_ version: Int) { acknowledged = max(acknowledged, version) }

  mutating func pause() -> Int { odds.longestPause == 0 ? 0 : random.number(0...odds.longestPause) }

  func name(
    _ kind: ModelFlights.Kind, _ process: Int, _ entry: Int, _ epoch: CacheEpoch
  ) -> ModelFlights.Name {
    let epoch = mutation.joinsByKeyAlone == kind ? nil : epoch
    return ModelFlights.Name(kind: kind, process: process, entry: entry, epoch: epoch)
  }

  private mutating func newcomer() -> Actor {
    if random.chance(odds.write) { return .writer(ModelWriter()) }
    return .reader(ModelReader(process: random.number(0...1), entry: random.number(0...1), &self))
  }

  private mutating func evict() async throws {
    let entry = entries[random.number(0...1)]
    let keys = [
      entry.epochKey, entry.epochKey, entry.epochKey, entry.valueKey, entry.leaseKey, entry.leaseKey,
      self.keys.watermark,
    ]
    try await delete([keys[random.number(0...6)]])
  }

  private mutating func step(_ actor: Actor) async throws -> Actor? {
    switch actor {
    case .reader(var reader):
      return try await reader.step(&self) ? .reader(reader) : nil
    case .writer(var writer):
      return try await writer.step(&self) ? .writer(writer) : nil
    case .relay(var relay):
      try await relay.step(&self)
      return .relay(relay)
    case .resend(let invalidation, let pause):
      guard pause == 0 else { return .resend(invalidation, pause: pause - 1) }
      try await send(invalidation)
      return nil
    case .refresh(let process, let entry, let record):
      guard let lease = try await claim(entry, record) else { return nil }
      tally.refreshes += 1
      return .reader(ModelReader(refreshing: entry, process: process, under: lease, &self))
    case .fill(let entry, let lease, let loaded, let flight, let pause):
      guard pause == 0 else { return .fill(entry: entry, lease, loaded, flight, pause: pause - 1) }
      try await fill(entry, lease, loaded, flight)
      return nil
    }
  }

  private mutating func fill(
    _ entry: Int, _ lease: CacheLease, _ loaded: LoadedValue, _ flight: ModelFlights.Ticket
  ) async throws {
    // A fill that hangs: its flight can be joined for ever.
    if random.chance(odds.fillDeath) { return }
    let value = StorableValue(loaded, epoch: lease.epoch, settings: CacheSettings(), jitter: 0)
    let outcome = try await server.fill(entries[entry], lease, value, timeout: .seconds(10))
    tally.fills[outcome, default: 0] += 1
    flights.close(flight)
  }
}

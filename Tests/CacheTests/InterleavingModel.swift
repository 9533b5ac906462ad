import Conversations
import Keyspace
import NIOCore
import Redis

@testable import Cache

/// Readers, writers, a replica and evictions in one random order over the real scripts, one step of one of them at a
/// time. Equal seeds give equal runs.
struct InterleavingModel {
  /// What a run amounted to.
  struct Tally: Sendable, Equatable {
    /// Reads that began after a write had been acknowledged and showed less.
    var stale: [String] = []
    var reads = 0
    var hits = 0
    var joined = 0
    var refreshes = 0
    var fills: [CacheEvent.FillOutcome: Int] = [:]

    static func += (total: inout Tally, other: Tally) {
      total.stale += other.stale
      total.reads += other.reads
      total.hits += other.hits
      total.joined += other.joined
      total.refreshes += other.refreshes
      total.fills.merge(other.fills, uniquingKeysWith: +)
    }
  }

  let mutation: Mutation
  let server: CacheServer
  let keys: CacheKeys
  let groups: [CacheGroup]
  let entries: [CacheEntry]
  var random: SeededRandom
  var database = ModelDatabase()
  /// The version of the last acknowledged write.
  var acknowledged = 0
  var flights: [FlightName: Flight] = [:]
  var tally = Tally()
  private var actors: [Actor] = []

  struct FlightName: Hashable {
    let entry: Int
    let epoch: CacheEpoch?
  }

  struct Flight {
    let number: Int
    var version: Int?
  }

  /// Somebody with a next step.
  enum Actor {
    case reader(ModelReader)
    case writer(ModelWriter)
    case resend(group: Int, lsn: UInt64?, pause: Int)
    case refresh(entry: Int, EpochRecord)
    case fill(entry: Int, CacheLease, LoadedValue, pause: Int)
  }

  init(seed: UInt64, mutation: Mutation, redis: RedisClient, prefix: String) {
    self.mutation = mutation
    server = CacheServer(redis: redis, scripts: mutation.scripts)
    keys = CacheKeys(prefix: "\(prefix)\(seed):")
    groups = [
      .conversation(ConversationID("8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11") ?? .random()),
      .user(UserID(stored: "anna")),
    ]
    entries = [CacheEntry(groups[0], .body, keys: keys), CacheEntry(groups[1], .body, keys: keys)]
    random = SeededRandom(seed: seed)
  }

  /// Runs so many steps, and removes what is left in Redis.
  mutating func run(steps: Int) async throws -> Tally {
    try await vouch()
    for _ in 0..<steps {
      if random.chance(3) { database.replay() }
      if random.chance(1) { try await evict() }
      if actors.count < 12 {
        actors.append(random.chance(8) ? .writer(ModelWriter()) : .reader(ModelReader(&self)))
      }
      let turn = random.number(0...actors.count - 1)
      let actor = actors.remove(at: turn)
      if let next = try await step(actor) { actors.append(next) }
    }
    for entry in entries {
      try await delete([entry.epochKey, entry.valueKey, entry.leaseKey, keys.watermark])
    }
    return tally
  }

  mutating func add(_ actor: Actor) { actors.append(actor) }

  func flightName(_ entry: Int, _ epoch: CacheEpoch) -> FlightName {
    FlightName(entry: entry, epoch: mutation.joinsByKeyAlone ? nil : epoch)
  }

  /// For as long as it takes: here nothing is lost that the fence would have to make up for.
  private func vouch() async throws {
    let name = try await server.moment(timeout: .seconds(10)).server
    _ = try await server.redis.execute(
      RedisCommand("SET", RedisArgument(keys.watermark), RedisArgument("\(name)|1")), timeout: .seconds(10))
  }

  func delete(_ keys: [String]) async throws {
    _ = try await server.redis.execute(
      RedisCommand("DEL", keys.map { RedisArgument($0) }), timeout: .seconds(10))
  }

  private mutating func evict() async throws {
    let entry = entries[random.number(0...1)]
    let keys = [
      entry.epochKey, entry.epochKey, entry.epochKey, entry.valueKey, entry.leaseKey, entry.leaseKey,
    ]
    try await delete([keys[random.number(0...5)]])
  }

  private mutating func step(_ actor: Actor) async throws -> Actor? {
    switch actor {
    case .reader(var reader):
      return try await reader.step(&self) ? .reader(reader) : nil
    case .writer(var writer):
      return try await writer.step(&self) ? .writer(writer) : nil
    case .resend(let group, let lsn, let pause):
      guard pause == 0 else { return .resend(group: group, lsn: lsn, pause: pause - 1) }
      try await invalidate(group, lsn: lsn)
      return nil
    case .refresh(let entry, let record):
      let lease = try await server.claimRefresh(
        entries[entry], record, leaseDuration: .seconds(500), timeout: .seconds(10))
      guard let lease else { return nil }
      tally.refreshes += 1
      return .reader(ModelReader(refreshing: entry, under: lease, &self))
    case .fill(let entry, let lease, let loaded, let pause):
      guard pause == 0 else { return .fill(entry: entry, lease, loaded, pause: pause - 1) }
      // One filler in ten dies, and its flight can be joined for ever.
      if random.chance(10) { return nil }
      flights[flightName(entry, lease.epoch)] = nil
      let value = StorableValue(loaded, epoch: lease.epoch, settings: CacheSettings(), jitter: 0)
      let outcome = try await server.fill(entries[entry], lease, value, timeout: .seconds(10))
      tally.fills[outcome, default: 0] += 1
      return nil
    }
  }

  func invalidate(_ group: Int, lsn: UInt64?) async throws {
    let sent = try await server.invalidate(
      [groups[group]], lsn: lsn, keys: keys, timeout: .seconds(10))
    precondition(sent.unconfirmed.isEmpty)
  }
}

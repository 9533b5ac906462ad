import Conversations
import Keyspace
import NIOCore
import Redis
import TestSupport

@testable import Cache

/// Two or three real Redis servers, clients that move from one to the next at different times, and a clock that the model
/// sets: whatever is served is to be less than the bound behind what was committed. Equal seeds give equal runs.
struct FenceModel {
  /// B, in milliseconds.
  static let bound = UInt64(CacheSettings().stalenessBound.milliseconds)
  private static let patience = Duration.seconds(10)

  let fault: FenceFault
  let plan: FencePlan
  let groups: [CacheGroup]
  let entries: [CacheEntry]
  var nodes: [FenceNode]
  var random: SplitMix64
  var database: FenceDatabase
  /// Milliseconds since the run began.
  var now: UInt64 = 0
  /// The relay that holds the lock, and when Postgres last heard of it.
  var leader: (id: Int, sign: UInt64) = (0, 0)
  var tally = FenceTally()
  var relays: [FenceRelay] = []
  private let start: UInt64

  /// - Parameter start: the time of Redis at which the clock begins, hours ahead.
  init(seed: UInt64, plan: FencePlan?, fault: FenceFault, nodes: [FenceNode], start: UInt64) {
    var random = SplitMix64(seed: seed)
    let course = plan ?? .plan(&random)
    self.plan = course
    self.fault = fault
    self.nodes = nodes
    self.start = start
    groups = (1...3).map { .user(UserID(stored: "user-\($0)")) }
    entries = groups.map { CacheEntry($0, .body, keys: nodes[0].cache.keys) }
    database = FenceDatabase(
      groups: groups.count, replicaLag: plan == nil ? UInt64(random.number(0...15_000)) : 0)
    relays = (0...1).map { FenceRelay(id: $0, route: course.route(&random)) }
    self.random = random
  }

  /// The clock of all servers.
  var redisTime: UInt64 { start + now }

  func moment(of node: Int) -> CacheServerMoment {
    CacheServerMoment(server: nodes[node].name, time: redisTime)
  }

  /// The product's call, for these rows, unless it does not get through; in one case of twenty its reply does not.
  mutating func invalidate(_ rows: [Int], lsn: UInt64?, on node: Int, named name: String) async -> Bool {
    let touched = Set(rows.map { groups[database.rows[$0].group] })
    if !touched.isEmpty, plan.deafness.contains(where: { $0.contains(now) }) { return false }
    let isReplyLost = !touched.isEmpty && random.chance(5)
    do { try await nodes[node].cache.invalidateOnce(touched, lsn: lsn, on: name) } catch { return false }
    return !isReplyLost
  }

  mutating func vouch(
    _ moment: CacheServerMoment, lessening margin: UInt64, on node: Int
  ) async throws {
    try await nodes[node].vouch(moment, lessening: margin, at: redisTime)
  }

  /// A server that takes over what another one had at this moment.
  mutating func copy(from source: Int, to target: Int) async throws {
    try await nodes[source].expire(at: redisTime)
    let keys = entries.flatMap { [$0.epochKey, $0.valueKey, $0.leaseKey] } + [nodes[0].cache.keys.watermark]
    try await nodes[target].copy(keys, from: nodes[source])
  }

  mutating func look(_ group: Int, on node: Int) async throws -> CacheVerdict {
    try await nodes[node].expire(at: redisTime)
    let server = nodes[node].cache.server
    guard fault.ignoresName else {
      return try await server.look(at: entries[group], timeout: Self.patience).verdict
    }
    let reply = try await nodes[node].execute(entries[group].lookup)
    let watermark = reply.array?.last?.string ?? ""
    let named = watermark.split(separator: "|").prefix(2).joined(separator: "|")
    return CacheVerdict(reply, server: named, acceptsUnverified: false, now: redisTime)
      ?? .miss(CacheMiss(record: nil, isStale: false, distrust: nil))
  }

  mutating func acquire(_ group: Int, on node: Int) async throws -> Acquisition {
    try await nodes[node].expire(at: redisTime)
    return try await nodes[node].cache.server.acquire(
      entries[group], leaseDuration: .seconds(500), timeout: Self.patience)
  }

  func fill(_ group: Int, _ lease: CacheLease, _ load: CacheLoad, on node: Int) async throws {
    let value = StorableValue(
      LoadedValue(load, cost: .zero), epoch: lease.epoch, settings: CacheSettings(), jitter: 0)
    _ = try await nodes[node].cache.server.fill(entries[group], lease, value, timeout: Self.patience)
  }

  /// From the replica where that will do, else from the primary.
  mutating func load(_ group: Int, _ lease: CacheLease, replica: Bool) -> CacheLoad {
    let moment = now > database.replicaLag ? now - database.replicaLag : 0
    let old = load(group, at: moment, isPrimary: false)
    let isEnough = replica && CacheLoadSource(floor: lease.floor).accepts(old)
    return isEnough ? old : load(group, at: now, isPrimary: true)
  }

  private func load(_ group: Int, at moment: UInt64, isPrimary: Bool) -> CacheLoad {
    CacheLoad(
      body: ByteBuffer(string: String(database.version(of: group, at: moment))),
      lsn: database.lsn(at: moment),
      isPrimary: isPrimary)
  }

  /// What a read that asks now must show.
  func required(_ group: Int) -> Int {
    now > Self.bound ? database.version(of: group, at: now - Self.bound) : 0
  }

  mutating func serve(_ version: Int, _ group: Int, required: Int, on node: Int) {
    tally.reads += 1
    if version < required {
      tally.stale.append(
        "at \(now) ms server \(node) showed \(version) of group \(group), \(required) was \(Self.bound) ms old"
      )
    }
  }
}

/// What a run amounted to.
struct FenceTally: Sendable, Equatable {
  /// What was served and older than the bound.
  var stale: [String] = []
  var reads = 0
  var hits = 0
  /// Hits on a server that took over.
  var hitsAfterwards = 0
  var untrusted = 0

  static func += (total: inout FenceTally, other: FenceTally) {
    total.stale += other.stale
    total.reads += other.reads
    total.hits += other.hits
    total.hitsAfterwards += other.hitsAfterwards
    total.untrusted += other.untrusted
  }
}

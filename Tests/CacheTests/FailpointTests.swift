import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// A write is acknowledged exactly when a reader has come to one point; no read that begins after it may show less.
@Suite("Cache, overtaken by a write")
struct FailpointTests {
  enum Point: CaseIterable { case afterAcquire, afterRead, beforeFill }

  /// What brings the reader to load.
  enum Reader: CaseIterable {
    case miss
    /// A hit that is due: the load is a background refresh.
    case refresh
    /// A miss with a known floor, which a replica answers.
    case replica
  }

  @Test(
    "No read that begins after the write shows less, on any instance", arguments: Point.allCases,
    Reader.allCases)
  func neverStale(point: Point, reader: Reader) async throws {
    let versions = try await Self.play(point, reader, scripts: .bundled, outcome: .stale)
    #expect(versions.count >= 4)
    #expect(versions.allSatisfy { $0 == 1 }, "\(versions)")
  }

  @Test("A FILL without the epoch check is noticed", arguments: [Reader.miss, .refresh])
  func teeth(reader: Reader) async throws {
    let mutation = try #require(Mutation.all.first { $0.name == "no epoch check in FILL" })
    let versions = try await Self.play(.beforeFill, reader, scripts: mutation.scripts, outcome: .stored)
    #expect(versions.contains(0))
  }

  /// - Returns: what the reads showed that began after the write.
  private static func play(
    _ point: Point, _ reader: Reader, scripts: CacheScripts, outcome: CacheEvent.FillOutcome
  ) async throws -> [Int] {
    let seen = EventLog<Int>()
    try await CacheRig.with(instances: 2, settings: settings(reader)) { rig in
      let scripts = point == .beforeFill ? scripts.overtaken : scripts
      let scene = Scene(rig: rig, seen: seen, hasReplica: reader == .replica, scripts: scripts)
      try await scene.prepare(reader)
      _ = try await scene.read(scene.overtaken) { source in
        if point == .afterAcquire { try await scene.write() }
        let load = try await scene.load(source)
        if point == .afterRead { try await scene.write() }
        // The invalidation comes with FILL, inside the script.
        if point == .beforeFill { await scene.database.write() }
        return load
      }
      #expect(try await rig.events.has(.fill(outcome)))
      for _ in 0..<2 { try await scene.readEverywhere() }
    }
    return seen.events
  }

  private static func settings(_ reader: Reader) -> CacheSettings {
    var settings = CacheSettings.patient
    if reader == .refresh { settings.softFraction = 0 }
    return settings
  }
}

/// A row, a replica that never gets further than its first version, and two instances.
private struct Scene: Sendable {
  let rig: CacheRig
  let database = Database()
  let seen: EventLog<Int>
  let hasReplica: Bool
  /// The instance whose read is overtaken, with scripts of its own.
  let overtaken: Cache

  init(rig: CacheRig, seen: EventLog<Int>, hasReplica: Bool, scripts: CacheScripts) {
    self.rig = rig
    self.seen = seen
    self.hasReplica = hasReplica
    overtaken = Cache(
      server: CacheServer(redis: rig.redis, scripts: scripts), settings: rig.cache.settings, keys: rig.keys,
      logger: .quiet
    ) { rig.events.append($0) }
  }

  func prepare(_ reader: FailpointTests.Reader) async throws {
    guard reader != .miss else { return }
    _ = try await read(rig.caches[0], load)
    #expect(try await rig.events.has(.fill(.stored)))
    if reader == .replica {
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 100).isConfirmed)
    }
    // The next FILL is the overtaken one.
    rig.events.removeAll()
  }

  func load(_ source: CacheLoadSource) async throws -> CacheLoad {
    guard hasReplica, case .replica = source else { return try await database.load(source) }
    return CacheLoad(body: ByteBuffer(string: "0"), owner: "anna", lsn: 100, isPrimary: false)
  }

  /// A write from COMMIT to its acknowledgement, and reads that begin right after it.
  func write() async throws {
    await database.write()
    #expect(await rig.caches[1].invalidate([rig.conversation], lsn: 101).isConfirmed)
    try await readEverywhere()
  }

  func readEverywhere() async throws {
    for cache in [overtaken] + rig.caches { seen.append(try await read(cache, load)) }
  }

  func read(_ cache: Cache, _ load: @escaping Cache.Load) async throws -> Int {
    Int(String(buffer: try await cache.read(rig.conversation, .body, load: load).value.body)) ?? -1
  }
}

extension CacheScripts {
  /// A write's INVALIDATE arrives right before the first FILL.
  fileprivate var overtaken: CacheScripts {
    let body = invalidate.source.drop { $0 != "\n" }
    let call = "invalidate({ KEYS[1] }, { '\(CacheEpoch.random().text)', '\(UInt64(101).lowercaseHex)' })"
    let once = "if redis.call('SET', KEYS[1] .. ':overtaken', 1, 'NX', 'PX', 60000) then \(call) end"
    let first = fill.source.prefix { $0 != "\n" }
    var scripts = self
    scripts.fill = RedisScript(
      name: fill.name,
      source: """
        \(first)
        local function invalidate(KEYS, ARGV)\(body)
        end
        \(once)
        \(fill.source.dropFirst(first.count))
        """)
    return scripts
  }
}

import Conversations
import EventLoops
import Keyspace
import Logging
import NIOCore
import NIOPosix
import Redis
import Telemetry
import TestSupport
import Testing

@testable import APIService
@testable import Cache

/// With a real Redis, as each event loop of the service asks it.
@Suite struct CachedReadsTests {
  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test("What Redis has is found from every event loop, for whoever may see it; what it has not is not")
  func lookups() async throws {
    let redis = RedisClient(url: try RedisURL(try await SharedServers.redis().url), logger: Self.quiet)
    try await withThrowingTaskGroup { group in
      group.addTask { try await redis.run() }
      try await redis.waitUntilConnected(within: .seconds(10))
      var settings = CacheSettings()
      settings.redisBudget = .seconds(10)
      let keys = CacheKeys(prefix: "test-\(UInt64.random(in: 0 ... .max)):")
      let cache = Cache(redis: redis, settings: settings, keys: keys, logger: Self.quiet)
      let id = ConversationID.random()
      try await Self.fill(cache, id)
      for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
        for (user, role, body) in [
          ("anna", PrincipalRole.user, "hello"), ("bert", .admin, "hello"), ("bert", .user, nil),
        ] {
          let found = try await Self.look(
            cache, id, Principal(userID: UserID(stored: user), role: role), on: loop)
          #expect(found == body)
        }
        #expect(
          try await Self.look(
            cache, .random(), Principal(userID: UserID(stored: "a"), role: .admin), on: loop) == nil)
      }
      group.cancelAll()
    }
  }

  /// Until a read is a hit.
  private static func fill(_ cache: Cache, _ id: ConversationID) async throws {
    let isHit = try await eventually {
      _ = try await cache.extendTrust(since: try await cache.serverMoment(), lessening: .zero, timeline: "1")
      let answer = try await cache.read(.conversation(id), .body) { _ in
        CacheLoad(status: 200, body: ByteBuffer(string: "hello"), owner: "anna", lsn: 1, isPrimary: true)
      }
      if case .hit = answer.status { return true } else { return false }
    }
    #expect(isHit)
  }

  /// The body that a plain read finds there; nil when it finds none that it may have. Once the loop has a connection, which
  /// it need not be the first to have.
  private static func look(
    _ cache: Cache, _ id: ConversationID, _ principal: Principal, on loop: any EventLoop
  ) async throws -> String? {
    let found = try await poll(within: .seconds(10)) {
      do { return .some(try await lookAtOnce(cache, id, principal, on: loop)) } catch is NotAsked {
        return nil
      }
    }
    return try #require(found)
  }

  private static func lookAtOnce(
    _ cache: Cache, _ id: ConversationID, _ principal: Principal, on loop: any EventLoop
  ) async throws -> String? {
    let metrics = PrometheusMetrics()
    var limits = RateLimitSettings()
    limits.user = nil
    let parts = CachedReads.Parts(
      cache: cache, identity: .everyone(principal),
      limits: RateLimits(limits, cache: cache, metrics: metrics),
      record: RequestRecord(logger: quiet, metrics: RequestMetrics(metrics)), crossOrigin: nil,
      look: CachedReads.Parts.asking(cache), load: { _, _ in throw NotFound() })
    let found = loop.makePromise(of: String?.self)
    loop.execute {
      let reads = CachedReads(parts, on: LoopExecutor.all[loop])
      let head = Array("GET /conversations/\(id) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      let read = head.withUnsafeBytes { bytes in PlainRead(bytes).flatMap { reads.understand($0, in: bytes) }
      }
      guard let read else { return found.fail(NotFound()) }
      let isAsked = reads.look(read) { look in
        found.succeed(look.flatMap { reads.answer(read, from: $0) }.map { String(buffer: $0.value.body) })
      }
      if !isAsked { found.fail(NotAsked()) }
    }
    return try await found.futureResult.get()
  }

  /// No plain read, or nothing in the database.
  private struct NotFound: Error {}

  /// Redis was not even asked.
  private struct NotAsked: Error {}
}

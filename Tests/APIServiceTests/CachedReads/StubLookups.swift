import ConversationStore
import Conversations
import HTTPTypes
import Keyspace
import Logging
import NIOCore
import RateLimit
import Redis
import Telemetry

@testable import APIService
@testable import Cache

/// In the place of Redis and Postgres: keeps what is asked until it is told what comes of it.
///
/// `@unchecked Sendable`: it is only used on the thread of the test.
final class StubLookups: @unchecked Sendable {
  private typealias Lookup = (read: CachedRead, then: @Sendable (CacheLook?) -> Void)

  /// Everything that was asked.
  private(set) var reads: [CachedRead] = []
  private var waiting: [Lookup] = []
  /// Whether nothing can be asked.
  var isAway = false
  /// Whether everything is found at once.
  var isQuick = false
  static let owner = "anna"

  /// What was no hit, with the terms it was to be loaded on.
  private(set) var loads: [(read: CachedRead, terms: ReadTerms)] = []
  /// What comes of loading; by default that nothing is there.
  var load: (CachedRead) throws -> CacheAnswer = { _ in throw WriteRefusal.notFound }
  /// Whether loads wait to be let go.
  var isPatient = false
  private var waitingLoads: [CheckedContinuation<Void, Never>] = []
  /// Loads whose client had gone when they ended.
  private(set) var cancelled = 0

  /// What is being looked up.
  var isAsked: Bool { !waiting.isEmpty }

  /// For a connection whose client is `owner`, or whoever its token says.
  func parts(_ metrics: PrometheusMetrics, _ identity: Identity? = nil) throws -> CachedReads.Parts {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let cache = Cache(
      redis: RedisClient(url: try RedisURL("redis://127.0.0.1:1"), logger: logger), logger: logger)
    let everyone = Identity.everyone(Principal(userID: UserID(stored: Self.owner), role: .user))
    return CachedReads.Parts(
      cache: cache, identity: identity ?? everyone,
      limits: RateLimits(RateLimitSettings(), cache: cache, metrics: metrics),
      record: RequestRecord(logger: logger, metrics: RequestMetrics(metrics)), crossOrigin: nil,
      look: { [self] read, _, then in ask(read, then) },
      load: { [self] read, terms in try await load(read, terms) })
  }

  private func load(_ read: CachedRead, _ terms: ReadTerms) async throws -> CacheAnswer {
    loads.append((read, terms))
    if isPatient { await withCheckedContinuation { waitingLoads.append($0) } }
    if Task.isCancelled { cancelled += 1 }
    return try load(read)
  }

  /// The oldest load goes on.
  func letGo() { if !waitingLoads.isEmpty { waitingLoads.removeFirst().resume() } }

  private func ask(_ read: CachedRead, _ then: @escaping @Sendable (CacheLook?) -> Void) -> Bool {
    guard !isAway else { return false }
    reads.append(read)
    if isQuick { then(.hit(read)) } else { waiting.append((read, then)) }
    return true
  }

  /// The oldest question is answered; the request's id is the body of what is found.
  func find(owner: String = owner, status: UInt16 = 200, isDueForRefresh: Bool = false) {
    conclude { .hit($0, owner: owner, status: status, isDueForRefresh: isDueForRefresh) }
  }

  /// Nothing that could be used was found.
  func miss() {
    conclude {
      CacheLook(
        group: .conversation($0.conversation), field: $0.template.field, result: .failure(CacheBypass(.late)),
        times: ReadTimes())
    }
  }

  /// Nothing came of it.
  func fail() { conclude { _ in nil } }

  private func conclude(_ look: (CachedRead) -> CacheLook?) {
    guard !waiting.isEmpty else { return }
    let (read, then) = waiting.removeFirst()
    then(look(read))
  }
}

extension CacheLook {
  /// A value whose body is the request's id.
  static func hit(
    _ read: CachedRead, owner: String = StubLookups.owner, status: UInt16 = 200, isDueForRefresh: Bool = false
  ) -> CacheLook {
    let body = ByteBuffer(string: read.requestID)
    let epoch = CacheEpoch.random()
    let header = CachedValueHeader(
      status: status, flags: [], epoch: epoch, lsn: nil, fillCost: 1,
      softTimeToLive: isDueForRefresh ? 0 : 60_000, timeToLive: 60_000, contentHash: ContentHash(of: body),
      owner: owner, summary: "", bodyLength: UInt32(body.readableBytes))
    var bytes = ByteBuffer()
    header.write(to: &bytes)
    bytes.writeImmutableBuffer(body)
    guard let stored = StoredValue(whole: bytes) else { preconditionFailure("no value: \(header)") }
    let hit = CacheHit(record: EpochRecord(epoch: epoch, floor: nil), stored: stored, now: 0, distrust: nil)
    return CacheLook(
      group: .conversation(read.conversation), field: read.template.field, result: .success(.hit(hit)),
      times: ReadTimes())
  }
}

extension CacheAnswer {
  /// As from the database; the body is the request's id.
  static func loaded(
    _ read: CachedRead, owner: String = StubLookups.owner, status: UInt16 = 200
  ) -> CacheAnswer {
    guard case .success(.hit(let hit)) = CacheLook.hit(read, owner: owner, status: status).result else {
      preconditionFailure("no hit")
    }
    return CacheAnswer(value: hit.value, status: .miss, times: ReadTimes())
  }
}

import Keyspace
import Logging
import NIOCore
import NIOPosix
import Queue
import Redis
import TestSupport

/// A queue of its own on the shared Redis, and a view behind its back.
struct QueueFixture {
  let redis: RedisClient
  let settings: QueueSettings
  let queue: WebhookQueue

  /// - Parameter adjust: changes to the default settings; the prefix is the test's own already.
  static func make(
    on redis: RedisClient? = nil, scripts: QueueScripts = .bundled,
    _ adjust: (inout QueueSettings) -> Void = { _ in }
  ) async throws -> QueueFixture {
    var client = redis
    if client == nil { client = try await sharedClient.value }
    guard let client else { throw Failure("no client") }
    var settings = QueueSettings()
    settings.prefix = "test\(UInt64.random(in: 0 ... .max)):"
    // The shared machine may be slow; a test of a timeout sets its own.
    settings.enqueueTimeout = .seconds(10)
    settings.workerTimeout = .seconds(10)
    adjust(&settings)
    let queue = WebhookQueue(redis: client, settings: settings, scripts: scripts)
    // Without a reap in the past the first one only gives out leases.
    _ = try await queue.reap()
    return QueueFixture(redis: client, settings: settings, queue: queue)
  }

  var keys: QueueKeys { QueueKeys(prefix: settings.prefix) }

  func enqueue(_ ids: [String], in conversation: String = "talk") async throws {
    for id in ids {
      let result = try await queue.enqueue(
        id: id, conversation: conversation, payload: ByteBuffer(string: id))
      guard result == .queued else { throw Failure("\(id) was \(result)") }
    }
  }

  /// - Parameter isOfPreviousRelease: whether the worker is of the release before ours.
  func worker(_ name: String, isOfPreviousRelease: Bool = false) async throws -> TestWorker {
    let queue = isOfPreviousRelease ? previousQueue : self.queue
    guard try await queue.heartbeat(name, registering: true) else { throw Failure("\(name) was refused") }
    return TestWorker(
      name: name, queue: queue, settling: isOfPreviousRelease ? PreviousSettling(fixture: self) : nil)
  }

  /// Makes the worker look as if it had been silent for longer than its lease.
  func expire(_ worker: TestWorker) async throws {
    for keys in allKeys { try await run("ZADD", keys.workers, "XX", "1", worker.name) }
  }

  @discardableResult
  func run(_ name: String, _ arguments: String...) async throws -> RedisReply {
    try await redis.execute(RedisCommand(name, arguments.map { RedisArgument($0) }), timeout: .seconds(10))
  }

  func list(_ key: String) async throws -> [String] {
    try await run("LRANGE", key, "0", "-1").array?.compactMap(\.string) ?? []
  }

  func field(_ name: String, of id: String) async throws -> String? {
    try await run("HGET", keys.event(id), name).string
  }

  func dead() async throws -> [String] {
    try await run("ZRANGE", keys.dead, "0", "-1").array?.compactMap(\.string) ?? []
  }

  func violations(conversations: [String] = ["talk"]) async throws -> [String] {
    try await QueueAudit(self).violations(
      tokens: conversations.map { ConversationToken($0, shards: settings.shards) })
  }

  // Bare tasks: the first test starts the client, the process's end is its end.
  private static let sharedClient = Task {
    try await client(to: try await SharedServers.redis().url)
  }

  static func client(to url: String) async throws -> RedisClient {
    let client = RedisClient(url: try RedisURL(url), logger: Logger(label: "test"))
    Task { try await client.run() }
    try await client.waitUntilConnected(within: .seconds(20))
    return client
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// One incarnation of a worker, which counts its calls.
final class TestWorker {
  let name: String
  let queue: WebhookQueue
  /// How a release that settles otherwise than ours does it.
  private let settling: PreviousSettling?
  private(set) var number: Int64 = 0

  init(name: String, queue: WebhookQueue, settling: PreviousSettling? = nil) {
    self.name = name
    self.queue = queue
    self.settling = settling
  }

  func nextNumber() -> Int64 {
    number += 1
    return number
  }

  func reserve(
    _ limits: ReservationLimits = .init(), shard: Int = 0, isBusyElsewhere: Bool = false
  ) async throws -> ReserveResult {
    try await queue.reserve(
      shard: shard, worker: name, number: nextNumber(), limits: limits, isBusyElsewhere: isBusyElsewhere)
  }

  /// The one reservation that is expected.
  func reserveOne(_ limits: ReservationLimits = .init()) async throws -> Reservation {
    let result = try await reserve(limits)
    guard result.reservations.count == 1 else { throw Failure("\(name) reserved \(result)") }
    return result.reservations[0]
  }

  func reconcile(knowing known: [ReservationTicket] = []) async throws -> ReconcileResult {
    try await queue.reconcile(worker: name, number: nextNumber(), known: known)
  }

  func settle(_ settlement: Settlement) async throws -> SettleResult {
    if let settling { return try await settling.settle(settlement) }
    return await queue.settle([settlement])[0]
  }

  /// Acknowledges all of a reservation.
  func settle(_ reservation: Reservation) async throws -> SettleResult {
    try await settle(Settlement(reservation.ticket, acknowledged: reservation.events.map(\.id)))
  }
}

extension ReservationLimits {
  static func limits(
    conversations: Int = 64, each: Int = 64, events: Int = 64, bytes: Int = 8 << 20
  ) -> ReservationLimits {
    var limits = ReservationLimits()
    (limits.conversations, limits.eventsEach, limits.events, limits.bytes) = (
      conversations, each, events, bytes
    )
    return limits
  }
}

let boom = FailureDescription(failureClass: "Boom", message: "it went boom")

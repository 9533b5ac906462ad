import Keyspace
import Queue
import Redis
import TestSupport

/// Random workers, some of which die, sleep or lose replies, on the real scripts. Same seed, same run, but
/// for the clock.
final class QueueSimulation {
  typealias Violation = QueueModel.Violation

  /// One incarnation with what it has in hand.
  final class Incarnation {
    let worker: TestWorker
    var hands: [Reservation] = []
    var isInDoubt = false
    /// The shard that has a suspect for it.
    var duty: Int?
    init(_ worker: TestWorker) { self.worker = worker }
  }

  /// For mutants of what operators do, who then act more often, while only poison kills: where all else fails too,
  /// most conversations are in quarantine most of the time.
  var isAboutOperators = false
  /// Turned off by a mutant.
  var reconcilesAfterLostReplies = true
  private(set) var counts: [String: Int] = [:]
  var model: QueueModel
  let fixture: QueueFixture
  /// Whether the release before ours runs beside it on the same keys.
  let isMixed: Bool
  private let audit: QueueAudit
  let tokens: [ConversationToken]
  var random: SplitMix64
  var alive: [Incarnation] = []
  /// Dead or asleep, and not yet reaped.
  var silent: [Incarnation] = []
  /// Settlements still under way whose senders have given them up.
  var late: [(sender: Incarnation, Settlement)] = []
  /// Copies of dead events in "Postgres".
  var letters: [String: DeadEventCopy] = [:]
  /// Reaped, but still trying to finish what they had in hand.
  var zombies: [(TestWorker, Reservation)] = []
  var names = 0
  var events = 0

  init(_ fixture: QueueFixture, isMixed: Bool = false, seed: UInt64) {
    self.fixture = fixture
    self.isMixed = isMixed
    random = SplitMix64(seed: seed)
    let conversations =
      (1...8).map { "talk\($0)" } + ["caf\u{E9}", "cafe\u{301}", String(repeating: "\u{1F600}", count: 100)]
    model = QueueModel(conversations: conversations)
    tokens = conversations.map { ConversationToken($0, shards: fixture.settings.shards) }
    audit = QueueAudit(fixture)
  }

  /// Throws a ``QueueModel/Violation`` at the first contradiction.
  ///
  /// - Parameter progress: told the number of steps done, now and then.
  func run(steps: Int, progress: @Sendable (Int) -> Void = { _ in }) async throws {
    for _ in 0..<3 { try await hire() }
    for step in 1...steps {
      try await self.step()
      if step.isMultiple(of: 50) {
        try await check()
        progress(50)
      }
    }
    try await drain()
  }

  /// One of the releases that run now.
  var anyRelease: WebhookQueue {
    isMixed && random.chance(500) ? fixture.previousQueue : fixture.queue
  }

  private func step() async throws {
    if isAboutOperators, random.chance(150) { return try await operatorActs() }
    switch random.next() % 100 {
    case 0..<28: try await enqueue()
    case 28..<32: try await offerAgain()
    case 32..<54: try await reserve()
    case 54..<83: try await deliver()
    case 83..<88: try await operatorActs()
    case 88..<90: try await fallAsleep()
    case 90: try await lateSettle()
    case 91..<93: try await zombieActs()
    case 93..<96: try await reap()
    case 96..<98: try await upkeep()
    case 98: try await leave()
    default: try await redisWasAway()
    }
  }

  // MARK: Checks

  private func check() async throws {
    let found = try await audit.violations(tokens: tokens, workers: (alive + silent).map(\.worker.name))
    guard found.isEmpty else { throw Violation(found.joined(separator: "\n")) }
    let queued = try await fixture.queue.statistics().depth
    guard queued == model.depth else { throw Violation("depth \(queued), should be \(model.depth)") }
  }

  /// Learns who died by the decision of Redis.
  func findDead() async throws {
    let endangered = model.endangered
    let replies = try await fixture.redis.pipeline(
      endangered.map { id, conversation in
        let key = fixture.keys(shard: tokens[conversation].shard).event(id)
        return RedisCommand("HMGET", .init(key), "state", "reason")
      }, timeout: .seconds(10))
    for ((id, _), reply) in zip(endangered, replies) {
      let fields = try reply.get().array ?? []
      guard fields.first?.string == "dead" else { continue }
      try model.foundDead(id, reason: fields.last?.string)
    }
  }

  /// Without further faults everything must come to an end.
  private func drain() async throws {
    var idleRounds = 0
    while model.depth > 0 {
      let depth = model.depth
      defer { idleRounds = model.depth < depth ? 0 : idleRounds + 1 }
      guard idleRounds < 200 else { throw Violation("\(depth) events are stuck") }
      try await reap()
      for incarnation in alive {
        if reconcilesAfterLostReplies {
          try await reconcile(incarnation, expectingLoss: incarnation.isInDoubt)
        }
        for _ in 0..<fixture.settings.shards {
          if let result = try await reserve(incarnation, .init()) { try accept(result, incarnation) }
        }
        while !incarnation.hands.isEmpty { try await deliver(incarnation, isFaultless: true) }
      }
    }
    try await check()
    try model.checkEnd()
  }

  func count(_ event: String) { counts[event, default: 0] += 1 }
}

import Keyspace
import NIOCore
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
  private let isMixed: Bool
  private let audit: QueueAudit
  private let tokens: [ConversationToken]
  var random: SplitMix64
  var alive: [Incarnation] = []
  /// Dead or asleep, and not yet reaped.
  private var silent: [Incarnation] = []
  /// Settlements still under way whose senders have given them up.
  private var late: [(sender: Incarnation, Settlement)] = []
  /// Copies of dead events in "Postgres".
  var letters: [String: DeadEventCopy] = [:]
  /// Reaped, but still trying to finish what they had in hand.
  private var zombies: [(TestWorker, Reservation)] = []
  private var names = 0
  private var events = 0

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
  private var anyRelease: WebhookQueue {
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

  // MARK: Intake

  private func enqueue() async throws {
    // A bound on the backlog, or nothing would ever be drained within the run.
    guard model.depth < 300 else { return }
    let conversation = Int(random.next() % UInt64(model.conversations.count))
    events += 1
    let id = "e\(events)"
    let result = try await offer(id, conversation)
    guard result == .queued else { throw Violation("\(id) was answered with \(result)") }
    let isPoison = random.chance(isAboutOperators ? 4 : 8)
    model.enqueued(id, in: conversation, isPoison: isPoison)
    if !isPoison, random.chance(5) {
      try await fixture.run("DEL", fixture.keys(shard: tokens[conversation].shard).event(id))
      model.lostPayload(id)
    } else if !isPoison, random.chance(10) {
      model.isHopeless(id)
    }
  }

  /// Whatever became of an event, the same again is a duplicate.
  private func offerAgain() async throws {
    let conversation = Int(random.next() % UInt64(model.conversations.count))
    // What was purged is forgotten, and would be accepted.
    guard let id = model.accepted[conversation].randomElement(using: &random), !model.lost.contains(id),
      !model.purged.contains(id), !model.forgotten.contains(id)
    else { return }
    count("duplicate")
    let result = try await offer(id, conversation)
    guard result == .duplicate else { throw Violation("\(id) was answered with \(result) the second time") }
  }

  private func offer(_ id: String, _ conversation: Int) async throws -> EnqueueResult {
    try await anyRelease.enqueue(
      id: id, conversation: model.conversations[conversation], payload: ByteBuffer(string: "payload of \(id)")
    )
  }

  // MARK: Work

  private func reserve() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    if incarnation.isInDoubt, reconcilesAfterLostReplies {
      try await reconcile(incarnation, expectingLoss: true)
    }
    let limits = ReservationLimits.limits(
      conversations: Int.random(in: 1...4, using: &random), each: Int.random(in: 1...5, using: &random),
      events: Int.random(in: 1...12, using: &random), bytes: Int.random(in: 1...200, using: &random))
    guard let result = try await reserve(incarnation, limits) else { return }
    if random.chance(80) {
      count("lost reply")
      incarnation.isInDoubt = true
    } else {
      try accept(result, incarnation)
    }
  }

  /// Of one shard; nil where a worker would not ask, with a suspect in hand.
  private func reserve(_ incarnation: Incarnation, _ limits: ReservationLimits) async throws -> ReserveResult?
  {
    guard !incarnation.hands.contains(where: \.isSuspect) else { return nil }
    let shard = incarnation.duty ?? Int.random(in: 0..<fixture.settings.shards, using: &random)
    let isBusyElsewhere = incarnation.hands.contains { $0.ticket.shard != shard }
    let result = try await incarnation.worker.reserve(limits, shard: shard, isBusyElsewhere: isBusyElsewhere)
    for reservation in result.reservations { try model.reserved(reservation) }
    if !model.lost.isEmpty { try await findDead() }
    if result.status == .solo { count("solo") }
    incarnation.duty = result.status == .quarantine ? shard : nil
    return result
  }

  private func accept(_ result: ReserveResult, _ incarnation: Incarnation) throws {
    guard [.ok, .solo, .quarantine].contains(result.status) else {
      throw Violation("\(incarnation.worker.name) is \(result.status)")
    }
    if !result.reservations.isEmpty, incarnation.hands.contains(where: \.isSuspect) {
      throw Violation("\(incarnation.worker.name) got something beside a suspect")
    }
    if result.reservations.contains(where: \.isSuspect),
      !incarnation.hands.isEmpty || result.reservations.count > 1
    {
      throw Violation("\(incarnation.worker.name) got a suspect beside something")
    }
    incarnation.hands += result.reservations
  }

  private func deliver() async throws {
    guard let incarnation = alive.filter({ !$0.hands.isEmpty }).randomElement(using: &random) else { return }
    try await deliver(incarnation, isFaultless: false)
  }

  private func deliver(_ incarnation: Incarnation, isFaultless: Bool) async throws {
    let reservation = incarnation.hands[0]
    let outcomes = outcomes(for: reservation, isFaultless: isFaultless)
    let settlement = reservation.settlement(
      for: outcomes, retryPolicy: policy, jitter: Double(random.next() % 1000) / 1_000_000)
    if zip(reservation.events, outcomes).contains(where: { isPoison($0) && $1 != .untouched }) {
      count("poisoned")
      return die(incarnation)
    }
    // Whoever dies alone with an event counts as killed by it: an operator's kill must not look like that
    // here.
    let mayDie = !isFaultless && !isAboutOperators && !reservation.isSuspect
    if mayDie, random.chance(20) {
      count("crash before commit")
      return die(incarnation)
    }
    try model.commit(settlement.acknowledged, of: reservation)
    if mayDie, random.chance(20) {
      count("crash after commit")
      return die(incarnation)
    }
    try await settle(settlement, of: reservation, incarnation, isFaultless: isFaultless)
  }

  private func settle(
    _ settlement: Settlement, of reservation: Reservation, _ incarnation: Incarnation, isFaultless: Bool
  ) async throws {
    if !isFaultless, random.chance(20) {
      count("lost settle")
      late.append((incarnation, settlement))
      incarnation.hands.removeFirst()
      incarnation.isInDoubt = true
      return
    }
    let result = try await incarnation.worker.settle(settlement)
    guard result == .settled else {
      throw Violation("\(incarnation.worker.name) lives and was answered \(result) for \(reservation)")
    }
    incarnation.hands.removeFirst()
    try model.didSettle(settlement, of: reservation)
    if !isFaultless, random.chance(20) {
      count("lost settle reply")
      incarnation.isInDoubt = true
    }
  }

  /// What was emptied before it was handed out harms nobody.
  private func isPoison(_ event: QueuedEvent) -> Bool {
    model.poison.contains(event.id) && event.payload.readableBytes > 0
  }

  private func outcomes(for reservation: Reservation, isFaultless: Bool) -> [DeliveryOutcome] {
    reservation.events.map { event in
      if model.hopeless.contains(event.id), event.payload.readableBytes > 0 { return .rejected(boom) }
      if isFaultless { return .done }
      return switch random.next() % 100 {
      case 0..<6: .failed(boom)
      case 6..<9: .unavailable
      case 9: .untouched
      default: .done
      }
    }
  }

  private let policy: RetryPolicy = {
    var policy = RetryPolicy()
    policy.maximumAttempts = 4
    return policy
  }()

  // MARK: Misfortune

  /// A settlement arrives when its sender has made up its mind that it is lost.
  private func lateSettle() async throws {
    let arriving = late.indices.filter { index in
      let sender = late[index].sender
      return alive.contains { $0 === sender } ? !sender.isInDoubt : !silent.contains { $0 === sender }
    }
    guard let index = arriving.randomElement(using: &random) else { return }
    let (sender, settlement) = late.remove(at: index)
    count("late settle")
    let result = try await sender.worker.settle(settlement)
    guard result == .fenced else { throw Violation("a late settle was answered \(result) for \(settlement)") }
  }

  private func die(_ incarnation: Incarnation) {
    alive.removeAll { $0 === incarnation }
    silent.append(incarnation)
    incarnation.hands = []
  }

  /// Silent for longer than its lease, and then back with everything it had in hand.
  private func fallAsleep() async throws {
    guard !isAboutOperators, let incarnation = alive.randomElement(using: &random), !incarnation.isInDoubt,
      !incarnation.hands.contains(where: \.isSuspect)
    else { return }
    count("asleep")
    alive.removeAll { $0 === incarnation }
    silent.append(incarnation)
    zombies += incarnation.hands.map { (incarnation.worker, $0) }
  }

  /// Only after the reap: until then it is a living worker in the eyes of Redis.
  private func zombieActs() async throws {
    let late = zombies.indices.filter { index in !silent.contains { $0.worker === zombies[index].0 } }
    guard let index = late.randomElement(using: &random) else { return }
    let (worker, reservation) = zombies.remove(at: index)
    count("zombie")
    let settlement = Settlement(reservation.ticket, acknowledged: reservation.events.map(\.id))
    // What follows one that fails every time is left to its successor.
    let possible = settlement.acknowledged.prefix {
      !model.everDead.contains($0) && !model.poison.contains($0) && !model.hopeless.contains($0)
    }
    try model.commit(Array(possible), of: reservation)
    let result = try await worker.settle(settlement)
    guard result == .fenced else { throw Violation("a zombie was answered \(result) for \(reservation)") }
    guard try await fixture.queue.heartbeat(worker.name) == false else {
      throw Violation("a zombie lives on")
    }
  }

  private func reap() async throws {
    for incarnation in silent { try await fixture.expire(incarnation.worker) }
    let result = try await anyRelease.reap()
    guard !result.renewedLeases else { throw Violation("a reap found that Redis had been away") }
    silent = []
    if result.buried > 0 { try await findDead() }
    while alive.count < 3 { try await hire() }
  }

  private func upkeep() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    guard try await fixture.queue.heartbeat(incarnation.worker.name) else {
      throw Violation("\(incarnation.worker.name) lives and is fenced")
    }
    guard reconcilesAfterLostReplies else { return }
    try await reconcile(incarnation, expectingLoss: incarnation.isInDoubt)
  }

  private func reconcile(_ incarnation: Incarnation, expectingLoss: Bool) async throws {
    let late = incarnation.worker.nextNumber()
    let result = try await incarnation.worker.reconcile(knowing: incarnation.hands.map(\.ticket))
    guard case .takenBack(let count) = result, expectingLoss || count == 0 else {
      throw Violation("\(incarnation.worker.name) reconciled with \(result)")
    }
    incarnation.isInDoubt = false
    if random.chance(100) {
      let answer = try await incarnation.worker.queue.reserve(
        shard: 0, worker: incarnation.worker.name, number: late, limits: .init())
      guard answer.status == .stale else { throw Violation("a late reserve was answered \(answer.status)") }
    }
  }

  /// An orderly end with work in hand.
  private func leave() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    count("leave")
    let none: [ReservationTicket] = []
    _ = try await incarnation.worker.queue.reconcile(
      worker: incarnation.worker.name, number: incarnation.worker.nextNumber(), known: none, leaving: true)
    alive.removeAll { $0 === incarnation }
    try await hire()
  }

  /// All leases run out while nobody reaps; afterwards everybody must still be there.
  private func redisWasAway() async throws {
    guard silent.isEmpty else { return }
    count("away")
    for incarnation in alive { try await fixture.expire(incarnation.worker) }
    for keys in fixture.allKeys { try await fixture.run("HSET", keys.meta, "lastReap", "1") }
    let result = try await anyRelease.reap()
    guard result.renewedLeases, result.conversations == 0 else {
      throw Violation("after an outage: \(result)")
    }
    let again = try await anyRelease.reap()
    guard again == ReapResult() else { throw Violation("soon after an outage: \(again)") }
  }

  private func hire() async throws {
    names += 1
    alive.append(
      Incarnation(try await fixture.worker("w\(names)", isOfPreviousRelease: isMixed && random.chance(500))))
  }

  // MARK: Checks

  private func check() async throws {
    let found = try await audit.violations(tokens: tokens, workers: (alive + silent).map(\.worker.name))
    guard found.isEmpty else { throw Violation(found.joined(separator: "\n")) }
    let queued = try await fixture.queue.statistics().depth
    guard queued == model.depth else { throw Violation("depth \(queued), should be \(model.depth)") }
  }

  /// Learns who died by the decision of Redis.
  private func findDead() async throws {
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

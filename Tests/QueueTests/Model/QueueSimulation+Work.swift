import Keyspace
import NIOCore
import Queue
import Redis
import TestSupport

/// Events that are offered, and workers that take, deliver and settle them.
extension QueueSimulation {
  // MARK: Intake

  func enqueue() async throws {
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
  func offerAgain() async throws {
    let conversation = Int(random.next() % UInt64(model.conversations.count))
    // What was purged is forgotten, and would be accepted.
    guard let id = model.accepted[conversation].randomElement(using: &random), !model.lost.contains(id),
      !model.purged.contains(id), !model.forgotten.contains(id)
    else { return }
    count("duplicate")
    let result = try await offer(id, conversation)
    guard result == .duplicate else { throw Violation("\(id) was answered with \(result) the second time") }
  }

  func offer(_ id: String, _ conversation: Int) async throws -> EnqueueResult {
    try await anyRelease.enqueue(
      id: id, conversation: model.conversations[conversation], payload: ByteBuffer(string: "payload of \(id)")
    )
  }

  // MARK: Work

  func reserve() async throws {
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
  func reserve(_ incarnation: Incarnation, _ limits: ReservationLimits) async throws -> ReserveResult? {
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

  func accept(_ result: ReserveResult, _ incarnation: Incarnation) throws {
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

  func deliver() async throws {
    guard let incarnation = alive.filter({ !$0.hands.isEmpty }).randomElement(using: &random) else { return }
    try await deliver(incarnation, isFaultless: false)
  }

  func deliver(_ incarnation: Incarnation, isFaultless: Bool) async throws {
    let reservation = incarnation.hands[0]
    let outcomes = outcomes(for: reservation, isFaultless: isFaultless)
    let settlement = reservation.settlement(
      for: outcomes, retryPolicy: Self.policy, jitter: Double(random.next() % 1000) / 1_000_000)
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

  func settle(
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
  func isPoison(_ event: QueuedEvent) -> Bool {
    model.poison.contains(event.id) && event.payload.readableBytes > 0
  }

  func outcomes(for reservation: Reservation, isFaultless: Bool) -> [DeliveryOutcome] {
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

  private static let policy: RetryPolicy = {
    var policy = RetryPolicy()
    policy.maximumAttempts = 4
    return policy
  }()
}

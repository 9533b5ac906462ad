import Keyspace
import Queue
import Redis
import TestSupport

/// What may happen to workers, to their replies and to Redis.
extension QueueSimulation {
  /// A settlement arrives when its sender has made up its mind that it is lost.
  func lateSettle() async throws {
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

  func die(_ incarnation: Incarnation) {
    alive.removeAll { $0 === incarnation }
    silent.append(incarnation)
    incarnation.hands = []
  }

  /// Silent for longer than its lease, and then back with everything it had in hand.
  func fallAsleep() async throws {
    guard !isAboutOperators, let incarnation = alive.randomElement(using: &random), !incarnation.isInDoubt,
      !incarnation.hands.contains(where: \.isSuspect)
    else { return }
    count("asleep")
    alive.removeAll { $0 === incarnation }
    silent.append(incarnation)
    zombies += incarnation.hands.map { (incarnation.worker, $0) }
  }

  /// Only after the reap: until then it is a living worker in the eyes of Redis.
  func zombieActs() async throws {
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

  func reap() async throws {
    for incarnation in silent { try await fixture.expire(incarnation.worker) }
    let result = try await anyRelease.reap()
    guard !result.renewedLeases else { throw Violation("a reap found that Redis had been away") }
    silent = []
    if result.buried > 0 { try await findDead() }
    while alive.count < 3 { try await hire() }
  }

  func upkeep() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    guard try await fixture.queue.heartbeat(incarnation.worker.name) else {
      throw Violation("\(incarnation.worker.name) lives and is fenced")
    }
    guard reconcilesAfterLostReplies else { return }
    try await reconcile(incarnation, expectingLoss: incarnation.isInDoubt)
  }

  func reconcile(_ incarnation: Incarnation, expectingLoss: Bool) async throws {
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
  func leave() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    count("leave")
    let none: [ReservationTicket] = []
    _ = try await incarnation.worker.queue.reconcile(
      worker: incarnation.worker.name, number: incarnation.worker.nextNumber(), known: none, leaving: true)
    alive.removeAll { $0 === incarnation }
    try await hire()
  }

  /// All leases run out while nobody reaps; afterwards everybody must still be there.
  func redisWasAway() async throws {
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

  func hire() async throws {
    names += 1
    alive.append(
      Incarnation(try await fixture.worker("w\(names)", isOfPreviousRelease: isMixed && random.chance(500))))
  }
}

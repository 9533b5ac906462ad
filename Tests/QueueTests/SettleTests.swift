import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Settle")
struct SettleTests {
  private func reserved(_ ids: [String]) async throws -> (QueueFixture, TestWorker, Reservation) {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(ids)
    let worker = try await fixture.worker("w")
    return (fixture, worker, try await worker.reserveOne())
  }

  private func queued(_ fixture: QueueFixture) async throws -> [String] {
    try await fixture.list(fixture.keys.events("talk"))
  }

  @Test("Done events leave, the rest comes again and its delivery does not count")
  func partial() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    #expect(try await worker.settle(Settlement(reservation.ticket, acknowledged: ["a"])) == .settled)
    #expect(try await queued(fixture) == ["b", "c"])
    #expect(try await worker.reserveOne().events.map(\.deliveries) == [1, 1])
    #expect(try await fixture.violations() == [])
  }

  @Test("A retried event comes first again, and what followed it with it")
  func retry() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    let failure = Settlement.Failure.retry(id: "b", after: .zero, boom)
    let settlement = Settlement(reservation.ticket, acknowledged: ["a", "c"], failure: failure)
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await queued(fixture) == ["b", "c"])
    #expect(try await fixture.field("error", of: "b") == boom.message)
    #expect(try await fixture.violations() == [])
    let again = try await worker.reserveOne()
    #expect(again.events.map(\.id) == ["b", "c"])
    #expect(again.events.map(\.deliveries) == [2, 1])
  }

  @Test("A dead event keeps its payload and its reason, and does not block later ones")
  func dead() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    let failure = Settlement.Failure.dead(id: "b", .attemptsExhausted, boom)
    let settlement = Settlement(reservation.ticket, acknowledged: ["a", "c"], failure: failure)
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await queued(fixture) == [])
    #expect(try await fixture.dead() == ["b"])
    #expect(try await fixture.field("payload", of: "b") == "b")
    #expect(try await fixture.field("state", of: "b") == "dead")
    #expect(try await fixture.field("reason", of: "b") == "attempts exhausted")
    #expect(try await fixture.field("class", of: "b") == boom.failureClass)
    #expect(try await fixture.queue.statistics().dead == 1)
    #expect(try await fixture.violations() == [])
  }

  @Test("What follows a dead event without being done comes next, and was never delivered")
  func afterDead() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    let failure = Settlement.Failure.dead(id: "a", .attemptsExhausted, boom)
    #expect(
      try await worker.settle(Settlement(reservation.ticket, acknowledged: [], failure: failure)) == .settled)
    let next = try await worker.reserveOne()
    #expect(next.events.map(\.id) == ["b", "c"])
    #expect(next.events.map(\.deliveries) == [1, 1])
    #expect(try await fixture.violations() == [])
  }

  @Test("A failure named out of turn has no effect", arguments: ["b", "c", "never seen"])
  func outOfTurn(id: String) async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    let failure = Settlement.Failure.dead(id: id, .permanent, boom)
    #expect(
      try await worker.settle(Settlement(reservation.ticket, acknowledged: [], failure: failure)) == .settled)
    #expect(try await queued(fixture) == ["a", "b", "c"])
    #expect(try await worker.reserveOne().events.map(\.deliveries) == [1, 1, 1])
    #expect(try await fixture.violations() == [])
  }

  @Test("A released conversation is next in line and lost no attempt")
  func release() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b"])
    try await fixture.enqueue(["x"], in: "other")
    #expect(try await worker.settle(reservation.release) == .settled)
    #expect(try await fixture.list(fixture.keys.ready) == ["talk", "other"])
    #expect(try await worker.reserve().reservations[0].events.map(\.deliveries) == [1, 1])
    #expect(try await fixture.violations(conversations: ["talk", "other"]) == [])
  }

  @Test("Only a beginning of what was delivered can leave")
  func gaps() async throws {
    let (fixture, worker, reservation) = try await reserved(["a", "b", "c"])
    let settlement = Settlement(reservation.ticket, acknowledged: ["b", "c", "never seen"])
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await queued(fixture) == ["a", "b", "c"])
    #expect(try await fixture.violations() == [])
  }

  @Test("Events that were not delivered cannot be settled")
  func undelivered() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne(.limits(each: 1))
    let settlement = Settlement(reservation.ticket, acknowledged: ["a", "b"])
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await queued(fixture) == ["b"])
    #expect(try await fixture.violations() == [])
  }

  @Test("Settling twice changes nothing the second time")
  func twice() async throws {
    let (fixture, worker, reservation) = try await reserved(["a"])
    #expect(try await worker.settle(reservation) == .settled)
    #expect(try await worker.settle(reservation) == .fenced)
    #expect(try await fixture.queue.statistics().settled == 1)
    #expect(try await fixture.violations() == [])
  }

  @Test("An older fence, or another worker, settles nothing")
  func fenced() async throws {
    let (fixture, worker, old) = try await reserved(["a"])
    #expect(try await worker.settle(old.release) == .settled)
    let new = try await worker.reserveOne()
    #expect(new.fence > old.fence)
    #expect(try await worker.settle(old) == .fenced)
    let stolen = ReservationTicket(worker: "thief", shard: 0, token: "talk", fence: new.fence)
    #expect(try await worker.settle(Settlement(stolen, acknowledged: ["a"])) == .fenced)
    #expect(try await queued(fixture) == ["a"])
    #expect(try await worker.settle(new) == .settled)
    #expect(try await fixture.violations() == [])
  }

  @Test("A fence that Postgres knows lifts those to come")
  func minimumFence() async throws {
    let (_, worker, reservation) = try await reserved(["a"])
    var settlement = reservation.release
    settlement.minimumFence = reservation.fence + 1_000_000_000_000
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await worker.reserveOne().fence == reservation.fence + 1_000_000_000_001)
  }

  @Test("Many conversations are settled in one write, each for itself")
  func many() async throws {
    let fixture = try await QueueFixture.make()
    let conversations = (1...50).map { "talk\($0)" }
    for conversation in conversations { try await fixture.enqueue([conversation], in: conversation) }
    let worker = try await fixture.worker("w")
    let reservations = try await worker.reserve().reservations
    _ = try await worker.settle(reservations[7])
    let results = await fixture.queue.settle(
      reservations.map { Settlement($0.ticket, acknowledged: $0.events.map(\.id)) })
    #expect(results.enumerated().allSatisfy { $1 == ($0 == 7 ? .fenced : .settled) })
    #expect(try await fixture.queue.statistics().depth == 0)
    #expect(try await fixture.violations(conversations: conversations) == [])
  }

  @Test("After SCRIPT FLUSH everything goes on")
  func scriptFlush() async throws {
    let (fixture, worker, reservation) = try await reserved(["a"])
    try await fixture.run("SCRIPT", "FLUSH")
    #expect(try await worker.settle(reservation) == .settled)
    #expect(try await fixture.violations() == [])
  }
}

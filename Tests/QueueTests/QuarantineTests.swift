import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Quarantine")
struct QuarantineTests {
  /// A worker that reserves and dies of it; what it held when it died.
  @discardableResult
  private func crash(_ fixture: QueueFixture, _ name: String, _ limits: ReservationLimits = .init())
    async throws
    -> ReserveResult
  {
    let worker = try await fixture.worker(name)
    let result = try await worker.reserve(limits)
    try await fixture.expire(worker)
    _ = try await fixture.queue.reap()
    return result
  }

  @Test("The event that kills workers dies at its third strike, and no innocent one with it")
  func poison() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["poison"], in: "bad")
    try await fixture.enqueue(["innocent"], in: "good")
    let all = ["bad", "good"]
    #expect(try await crash(fixture, "1").reservations.count == 2)
    #expect(try await fixture.list(fixture.keys.ready) == all)
    #expect(try await crash(fixture, "2").reservations.count == 2)
    #expect(Set(try await fixture.list(fixture.keys.suspect)) == Set(all))
    #expect(try await fixture.violations(conversations: all) == [])

    // Alone: one of them is settled, the other one kills again.
    for name in ["3", "4"] {
      let worker = try await fixture.worker(name)
      let result = try await worker.reserve()
      #expect(result.status == .solo)
      let reservation = try #require(result.reservations.first)
      #expect(result.reservations.count == 1)
      if reservation.conversation == "good" {
        #expect(try await worker.settle(reservation) == .settled)
      }
      try await fixture.expire(worker)
      _ = try await fixture.queue.reap()
    }
    #expect(try await fixture.dead() == ["poison"])
    #expect(try await fixture.field("reason", of: "poison") == DeathReason.poison.rawValue)
    #expect(try await fixture.field("payload", of: "poison") == "poison")
    #expect(try await fixture.queue.statistics().depth == 0)
    #expect(try await fixture.violations(conversations: all) == [])
  }

  @Test("An event with many strikes from crowded hands still gets its turn alone")
  func crowded() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"], in: "one")
    try await fixture.run("HSET", fixture.keys.event("a"), "strikes", "7")
    try await fixture.enqueue(["c"], in: "two")
    try await crash(fixture, "1")
    #expect(try await fixture.dead() == [])
    #expect(try await fixture.list(fixture.keys.suspect) == ["one"])
    let worker = try await fixture.worker("w")
    let alone = try await worker.reserveOne()
    #expect(alone.events.map(\.id) == ["a"])
    #expect(alone.isSuspect)
    #expect(try await worker.settle(alone) == .settled)
  }

  @Test("While a suspect waits one worker empties its hands, takes it alone, and the others go on")
  func duty() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["s"], in: "bad")
    let busy = try await fixture.worker("busy")
    try await crash(fixture, "1")
    try await crash(fixture, "2")
    for id in ["a", "b", "c"] { try await fixture.enqueue([id], in: id) }
    let all = ["bad", "a", "b", "c"]

    // The first to ask is on duty; with nothing in hand it is served at once, and nothing else meanwhile.
    let suspect = try await busy.reserve()
    #expect(suspect.status == .solo)
    #expect(try await busy.reserve().status == .quarantine)
    let other = try await fixture.worker("other")
    let taken = try await other.reserve(.limits(conversations: 1))
    #expect(taken.status == .ok)
    #expect(taken.reservations.map(\.conversation) == ["a"])

    // Released, it waits again for the one on duty; another one does not take it.
    #expect(try await busy.settle(suspect.reservations[0].release) == .settled)
    #expect(try await other.reserve(.limits(conversations: 1)).reservations.map(\.conversation) == ["b"])
    let again = try await busy.reserveOne()
    #expect(again.isSuspect)
    #expect(try await busy.settle(again) == .settled)
    #expect(try await busy.reserve().status == .ok)
    #expect(try await fixture.violations(conversations: all) == [])
  }

  @Test("The one on duty gets nothing more until its hands are empty")
  func emptyHands() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["x"], in: "mine")
    let busy = try await fixture.worker("busy")
    let mine = try await busy.reserveOne()
    try await fixture.enqueue(["s"], in: "bad")
    try await crash(fixture, "1")
    try await crash(fixture, "2")
    try await fixture.enqueue(["y"], in: "other")
    #expect(try await busy.reserve().status == .quarantine)
    #expect(try await busy.settle(mine) == .settled)
    #expect(try await busy.reserve().status == .solo)
    #expect(try await fixture.violations(conversations: ["mine", "bad", "other"]) == [])
  }

  @Test("A worker that holds work of another shard counts as busy")
  func busyElsewhere() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["s"], in: "bad")
    try await crash(fixture, "1")
    try await crash(fixture, "2")
    let worker = try await fixture.worker("w")
    let result = try await fixture.queue.reserve(
      shard: 0, worker: "w", number: worker.nextNumber(), limits: .init(), isBusyElsewhere: true)
    #expect(result.status == .quarantine)
    #expect(try await worker.reserve().status == .solo)
  }

  @Test("Another worker takes over the duty when the one that has it dies, or asks no more")
  func successor() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["s", "t"], in: "bad")
    try await crash(fixture, "1")
    try await crash(fixture, "2")
    let first = try await fixture.worker("first")
    #expect(try await first.reserve().status == .solo)
    try await fixture.expire(first)
    _ = try await fixture.queue.reap()
    let second = try await fixture.worker("second")
    let reservation = try await second.reserveOne()
    #expect(reservation.isSuspect)
    #expect(try await second.settle(reservation.release) == .settled)
    let third = try await fixture.worker("third")
    #expect(try await third.reserve().reservations == [])
    try await fixture.run("HSET", fixture.keys.meta, "quarantineUntil", "1")
    #expect(try await third.reserve().status == .solo)
    #expect(try await fixture.violations(conversations: ["bad"]) == [])
  }

  @Test("Eight clean events end a quarantine, one at a time")
  func cleanEvents() async throws {
    let fixture = try await QueueFixture.make()
    let ids = (1...10).map { "e\($0)" }
    try await fixture.enqueue(ids)
    try await crash(fixture, "1", .limits(each: 1))
    try await crash(fixture, "2", .limits(each: 1))
    let worker = try await fixture.worker("w")
    for id in ids.prefix(8) {
      let reservation = try await worker.reserveOne()
      #expect(reservation.events.map(\.id) == [id])
      #expect(reservation.isSuspect)
      #expect(try await worker.settle(reservation) == .settled)
    }
    let rest = try await worker.reserveOne()
    #expect(!rest.isSuspect)
    #expect(rest.events.map(\.id) == ["e9", "e10"])
    #expect(try await fixture.violations() == [])
  }

  @Test("A suspect that fails waits its time and comes back into quarantine")
  func retry() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["s"])
    try await crash(fixture, "1")
    try await crash(fixture, "2")
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    let failure = Settlement.Failure.retry(id: "s", after: .seconds(60), boom)
    #expect(
      try await worker.settle(Settlement(reservation.ticket, acknowledged: [], failure: failure)) == .settled)
    #expect(try await worker.reserve().status == .ok)
    #expect(try await fixture.violations() == [])
    try await fixture.run("ZADD", fixture.keys.delayed, "1", "talk")
    #expect(try await worker.reserve().status == .solo)
  }

  @Test("The event behind an innocent head is found out too")
  func hiddenPoison() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b", "poison", "c"])
    var incarnation = 0
    for _ in 0..<20 where try await fixture.queue.statistics().depth > 0 {
      incarnation += 1
      let worker = try await fixture.worker("w\(incarnation)")
      while let reservation = try await worker.reserve().reservations.first {
        guard !reservation.events.map(\.id).contains("poison") else { break }
        #expect(try await worker.settle(reservation) == .settled)
      }
      try await fixture.expire(worker)
      _ = try await fixture.queue.reap()
    }
    #expect(try await fixture.dead() == ["poison"])
    #expect(try await fixture.queue.statistics().settled == 3)
    #expect(try await fixture.violations() == [])
  }
}

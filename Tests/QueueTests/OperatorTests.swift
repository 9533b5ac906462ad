import Keyspace
import NIOCore
import Queue
import Redis
import Testing

/// What an operator does to dead events, and to the whole queue.
@Suite("Operator")
struct OperatorTests {
  /// Lets events die of the given class, one after the other.
  private func kill(
    _ fixture: QueueFixture, _ ids: [String], in conversation: String = "talk",
    reason: DeathReason = .permanent, failureClass: String = "Boom"
  ) async throws {
    try await fixture.enqueue(ids, in: conversation)
    let worker = try await fixture.worker("killer")
    for id in ids {
      let reservation = try await worker.reserveOne(.limits(each: 1))
      let description = FailureDescription(failureClass: failureClass, message: "it went boom")
      let settlement = Settlement(
        reservation.ticket, acknowledged: [], failure: .dead(id: id, reason, description))
      #expect(try await worker.settle(settlement) == .settled)
    }
    _ = try await fixture.queue.reconcile(
      worker: worker.name, number: worker.nextNumber(), known: [ReservationTicket](), leaving: true)
  }

  @Test("A replayed event is delivered again as if new, with its time of receipt")
  func replay() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["a"])
    try await fixture.enqueue(["b"])
    let received = try await fixture.field("enqueuedAt", of: "a")
    #expect(try await fixture.queue.replay(["a", "b", "c"]) == [.replayed, .queued, .unknown])
    #expect(try await fixture.queue.replay(["a"]) == [.queued])
    let statistics = try await fixture.queue.statistics()
    #expect((statistics.depth, statistics.dead, statistics.replayed) == (2, 0, 1))
    #expect(try await fixture.violations() == [])

    let reservation = try await fixture.worker("w").reserveOne()
    #expect(reservation.events.map(\.id) == ["b", "a"])
    #expect(reservation.events.map(\.deliveries) == [1, 1])
    #expect(String(reservation.events[1].enqueuedAt) == received)
    #expect(reservation.isSuspect == false)
  }

  @Test("The oldest waiting event is as old as its replay")
  func age() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["a"])
    try await fixture.run("HSET", fixture.keys.event("a"), "enqueuedAt", "1000")
    _ = try await fixture.queue.replay(["a"])
    #expect(try await fixture.queue.statistics().oldestWaiting < .seconds(60))
    let report = try await fixture.queue.event("a")
    #expect(report.enqueuedAt == 1000)
    #expect(try #require(report.requeuedAt) > 1_000_000)
  }

  @Test("Poison comes back alone with one strike left, even behind other events in line")
  func poison() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["bad"], reason: .poison)
    try await fixture.enqueue(["x", "y"])
    try await fixture.enqueue(["other"], in: "other")
    #expect(try await fixture.queue.replay(["bad"]) == [.replayed])
    #expect(try await fixture.list(fixture.keys.suspect) == ["talk"])
    #expect(try await fixture.list(fixture.keys.ready) == ["other"])
    #expect(try await fixture.violations(conversations: ["talk", "other"]) == [])
    let worker = try await fixture.worker("w")
    for id in ["x", "y", "bad"] {
      let alone = try await worker.reserveOne()
      #expect(alone.isSuspect)
      #expect(alone.events.map(\.id) == [id])
      if id != "bad" { #expect(try await worker.settle(alone) == .settled) }
    }
    try await fixture.expire(worker)
    let result = try await fixture.queue.reap()
    #expect(result.buried == 1)
    #expect(try await fixture.dead() == ["bad"])
    #expect(try await fixture.violations(conversations: ["talk", "other"]) == [])
  }

  @Test("Poison replayed into a long conversation is still alone when its turn comes")
  func poisonBehindMany() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["bad"], reason: .poison)
    try await fixture.enqueue((1...20).map { "e\($0)" })
    _ = try await fixture.queue.replay(["bad"])
    let worker = try await fixture.worker("w")
    for _ in 1...20 { _ = try await worker.settle(try await worker.reserveOne()) }
    let alone = try await worker.reserveOne()
    #expect(alone.isSuspect)
    #expect(alone.events.map(\.id) == ["bad"])
  }

  @Test("An event whose payload is lost cannot be replayed, only discarded")
  func payloadLost() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    try await fixture.run("DEL", fixture.keys.event("a"))
    #expect(try await fixture.worker("w").reserve().reservations == [])
    #expect(try await fixture.queue.replay(["a"]) == [.payloadLost])
    #expect(try await fixture.queue.discard(["a"]) == [.discarded])
    #expect(try await fixture.dead() == [])
  }

  @Test("Only a dead event is discarded, and a repeat of it is a duplicate")
  func discard() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["a"])
    try await fixture.enqueue(["b"])
    #expect(try await fixture.queue.discard(["a", "b", "c"]) == [.discarded, .queued, .unknown])
    #expect(try await fixture.queue.discard(["a"]) == [.settled])
    let again = try await fixture.queue.enqueue(
      id: "a", conversation: "talk", payload: ByteBuffer(string: "a"))
    #expect(again == .duplicate)
    #expect(try await fixture.queue.event("a").state == .settled)
    #expect(try await fixture.violations() == [])
  }

  @Test("An event is found wherever it is")
  func event() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["dead"])
    try await fixture.enqueue(["a", "b"])
    #expect(try await fixture.queue.event("b").state == .queued(position: 1, .ready))
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    #expect(try await fixture.queue.event("a").state == .queued(position: 0, .held))
    _ = try await worker.settle(
      Settlement(reservation.ticket, acknowledged: [], failure: .retry(id: "a", after: .seconds(60), boom)))
    let delayed = try await fixture.queue.event("a")
    guard case .queued(position: 0, .delayed(let due)) = delayed.state else {
      throw Failure("\(delayed.state)")
    }
    #expect(due > 60_000)
    #expect((delayed.failureClass, delayed.message, delayed.deliveries) == ("Boom", "it went boom", 1))
    let dead = try await fixture.queue.event("dead")
    guard case .dead = dead.state else { throw Failure("\(dead.state)") }
    #expect((dead.reason, dead.payloadSize, dead.conversation) == ("permanent", 4, "talk"))
    #expect(try await fixture.queue.event("nobody").state == .unknown)
    #expect(try await fixture.queue.payload(of: "dead") == ByteBuffer(string: "dead"))
  }

  @Test("The dead are listed newest first and counted by class")
  func list() async throws {
    let fixture = try await QueueFixture.make()
    try await kill(fixture, ["a"], failureClass: "One")
    try await kill(fixture, ["b"], failureClass: "Two")
    try await kill(fixture, ["c"], failureClass: "One")
    for (time, id) in ["a", "b", "c"].enumerated() {
      try await fixture.run("ZADD", fixture.keys.dead, String(1000 + time), id)
    }
    #expect(try await fixture.queue.deadEvents(limit: 2).map(\.id) == ["c", "b"])
    let chosen = try await fixture.queue.deadEvents(limit: 10, selection: .failureClass("One"))
    #expect(chosen.map(\.id) == ["c", "a"])
    #expect(chosen.map(\.diedAt) == [1002, 1000])
    #expect(try await fixture.queue.deadCounts().byClass == ["One": 2, "Two": 1])
  }

  @Test("Many dead of one class are replayed over all shards, in order, and the rest stays dead")
  func bulk() async throws {
    let fixture = try await QueueFixture.make { $0.shards = 3 }
    let all = (0..<2500).map { "e\($0)" }
    for (index, id) in all.enumerated() {
      let shard = ConversationToken("talk\(index % 7)", shards: 3).shard
      let keys = QueueKeys(prefix: fixture.settings.prefix, shard: shard)
      try await fixture.run(
        "HSET", keys.event(id), "payload", id, "conversation", "talk\(index % 7)", "state", "dead",
        "class", index % 5 == 0 ? "Other" : "Boom", "enqueuedAt", "1")
      // Hundreds die in the same millisecond.
      try await fixture.run("ZADD", keys.dead, String(1000 + index / 900), id)
    }
    let seen = Progress()
    let result = try await fixture.queue.replayAll(.failureClass("Boom")) { seen.add($0) }
    #expect(result.counts == [.replayed: 2000])
    #expect(seen.last == BulkProgress(done: 2000, total: 2000))
    #expect(try await fixture.queue.deadCounts().byClass == ["Other": 500])
    #expect(try await fixture.queue.statistics().depth == 2000)
    #expect(try await fixture.queue.discardAll(.all)[.discarded] == 500)
    #expect(try await fixture.queue.statistics().dead == 0)
  }

  @Test("A paused queue hands out nothing; resumed, it wakes whoever waits")
  func pause() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    #expect(try await fixture.queue.pause())
    #expect(try await fixture.queue.pause() == false)
    #expect(try await worker.reserve().status == .paused)
    #expect(try await fixture.queue.statistics().isPaused)
    try await fixture.run("DEL", fixture.keys.wake)
    #expect(try await fixture.queue.resume())
    #expect(try await fixture.queue.resume() == false)
    #expect(try await fixture.list(fixture.keys.wake).count == 64)
    #expect(try await worker.reserveOne().events.map(\.id) == ["a"])
  }

  @Test("While paused, a conversation that is due keeps nobody busy")
  func pausedAndDue() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    _ = try await worker.settle(
      Settlement(reservation.ticket, acknowledged: [], failure: .retry(id: "a", after: .zero, boom)))
    try await fixture.queue.pause()
    let result = try await worker.reserve()
    #expect(result.status == .paused)
    #expect(result.nextDue == nil)
  }

  @Test("Keys of a later layout are refused in words and left alone")
  func layout() async throws {
    let fixture = try await QueueFixture.make()
    let worker = try await fixture.worker("w")
    try await fixture.run("HSET", fixture.keys.meta, "layout", "2")
    let refusal = await #expect(throws: QueueError.self) { try await worker.reserve() }
    #expect(refusal?.code == .incompatibleLayout)
    #expect(refusal?.isRetryable == false)
    #expect(refusal?.detail.contains("run the release that wrote them") == true)
    await #expect(throws: QueueError.self) {
      _ = try await fixture.queue.enqueue(id: "a", conversation: "t", payload: ByteBuffer(string: "a"))
    }
    #expect(try await fixture.run("EXISTS", fixture.keys.event("a")).integer == 0)
    try await fixture.run("HSET", fixture.keys.meta, "layout", "1")
    try await fixture.enqueue(["a"])
  }

  /// Collects what a bulk command reports.
  private final class Progress: @unchecked Sendable {
    // Only the one bulk command writes, and it is over before anybody reads.
    private(set) var last: BulkProgress?
    func add(_ progress: BulkProgress) { last = progress }
  }
}

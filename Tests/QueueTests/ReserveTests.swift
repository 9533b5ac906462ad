import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Reserve")
struct ReserveTests {
  @Test("Conversations come in turn, their events in order, and nobody else gets them")
  func order() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a1", "a2"], in: "a")
    try await fixture.enqueue(["b1"], in: "b")
    try await fixture.enqueue(["a3"], in: "a")
    let result = try await fixture.worker("w").reserve()
    #expect(result.status == .ok)
    #expect(result.reservations.map { $0.events.map(\.id) } == [["a1", "a2", "a3"], ["b1"]])
    #expect(result.reservations[0].fence < result.reservations[1].fence)
    #expect(try await fixture.worker("v").reserve().reservations == [])
    #expect(try await fixture.violations(conversations: ["a", "b"]) == [])
  }

  @Test("Events that arrive while a conversation is in hand wait for its settlement")
  func arrivals() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    try await fixture.enqueue(["b"])
    #expect(try await worker.reserve().reservations == [])
    #expect(try await worker.settle(reservation) == .settled)
    #expect(try await worker.reserveOne().events.map(\.id) == ["b"])
    #expect(try await fixture.violations() == [])
  }

  @Test("Limits on conversations and events hold; the answer says how many still wait")
  func limits() async throws {
    let fixture = try await QueueFixture.make()
    for conversation in ["a", "b", "c"] {
      try await fixture.enqueue((1...4).map { "\(conversation)\($0)" }, in: conversation)
    }
    let worker = try await fixture.worker("w")
    let result = try await worker.reserve(.limits(conversations: 2, each: 3, events: 5))
    #expect(result.reservations.map { $0.events.map(\.id) } == [["a1", "a2", "a3"], ["b1", "b2"]])
    #expect(result.waiting == 1)
    #expect(try await fixture.violations(conversations: ["a", "b", "c"]) == [])
  }

  @Test("The byte limit cuts a batch, but one event always goes out")
  func bytes() async throws {
    let fixture = try await QueueFixture.make()
    for (id, conversation, size) in [("a", "one", 900), ("b", "one", 200), ("c", "two", 50)] {
      let payload = ByteBuffer(repeating: 120, count: size)
      _ = try await fixture.queue.enqueue(id: id, conversation: conversation, payload: payload)
    }
    let worker = try await fixture.worker("w")
    let large = try await worker.reserveOne(.limits(bytes: 100))
    #expect(large.events.map(\.id) == ["a"])
    #expect(try await worker.settle(large) == .settled)
    let rest = try await worker.reserve(.limits(bytes: 250)).reservations
    #expect(rest.map { $0.events.map(\.id) } == [["c"], ["b"]])
    #expect(try await fixture.violations(conversations: ["one", "two"]) == [])
  }

  @Test("An event whose payload is gone is dead, and does not hold up the others")
  func payloadLost() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b", "c"])
    try await fixture.enqueue(["only"], in: "other")
    for id in ["a", "c", "only"] { try await fixture.run("DEL", fixture.keys.event(id)) }
    let reservation = try await fixture.worker("w").reserveOne()
    #expect(reservation.events.map(\.id) == ["b"])
    #expect(Set(try await fixture.dead()) == ["a", "c", "only"])
    #expect(try await fixture.field("reason", of: "a") == DeathReason.payloadLost.rawValue)
    #expect(try await fixture.queue.statistics().depth == 1)
    #expect(try await fixture.violations(conversations: ["talk", "other"]) == [])
  }

  @Test("A conversation that lost more events than one call looks at stays in line")
  func manyPayloadsLost() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b", "c"])
    for id in ["a", "b"] { try await fixture.run("DEL", fixture.keys.event(id)) }
    let worker = try await fixture.worker("w")
    let first = try await worker.reserve(.limits(conversations: 1, each: 2))
    #expect(first.reservations == [])
    #expect(first.waiting == 1)
    #expect(try await worker.reserveOne().events.map(\.id) == ["c"])
    #expect(try await fixture.violations() == [])
  }

  @Test("A delayed conversation comes when it is due, not before")
  func delayed() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"])
    let worker = try await fixture.worker("w")
    let retry = Settlement.Failure.retry(id: "a", after: .seconds(30), boom)
    let first = try await worker.reserveOne()
    _ = try await worker.settle(Settlement(first.ticket, acknowledged: [], failure: retry))
    let result = try await worker.reserve()
    #expect(result.reservations == [])
    #expect(try #require(result.nextDue) > .seconds(25))
    #expect(try #require(result.nextDue) <= .seconds(30))
    try await fixture.run("ZADD", fixture.keys.delayed, "1", "talk")
    let second = try await worker.reserveOne()
    #expect(second.events.map(\.deliveries) == [2, 1])
    #expect(try await fixture.violations() == [])
  }

  @Test("A paused queue gives nothing out and still takes in")
  func paused() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    try await fixture.run("HSET", fixture.keys.meta, "paused", "1")
    let worker = try await fixture.worker("w")
    #expect(try await worker.reserve().status == .paused)
    #expect(try await fixture.queue.statistics().isPaused)
    try await fixture.enqueue(["b"])
    try await fixture.run("HDEL", fixture.keys.meta, "paused")
    #expect(try await worker.reserveOne().events.count == 2)
  }

  @Test("Unregistered workers get nothing")
  func fenced() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    #expect(try await TestWorker(name: "nobody", queue: fixture.queue).reserve().status == .fenced)
    #expect(try await fixture.violations() == [])
  }

  @Test("A late call changes nothing")
  func stale() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let late = worker.nextNumber()
    #expect(try await worker.reconcile() == .takenBack(0))
    let result = try await fixture.queue.reserve(shard: 0, worker: "w", number: late, limits: .init())
    #expect(result.status == .stale)
    #expect(try await fixture.list(fixture.keys.ready) == ["talk"])
    #expect(try await fixture.violations() == [])
  }

  @Test("Fences grow even when the clock of Redis went back, and stay whole numbers")
  func fences() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"], in: "one")
    try await fixture.enqueue(["b"], in: "two")
    try await fixture.run("HSET", fixture.keys.meta, "fence", "9000000000000000")
    let reservations = try await fixture.worker("w").reserve().reservations
    #expect(reservations.map(\.fence) == [9_000_000_000_000_001, 9_000_000_000_000_002])
    #expect(try await fixture.list(fixture.keys.ready) == [])
    #expect(try await fixture.run("HGET", fixture.keys.lease, "two").string == "9000000000000002")
  }

  @Test("Beyond 2^53, where fences would no longer differ, the call fails and takes nothing")
  func exhaustedFences() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    try await fixture.run("HSET", fixture.keys.meta, "fence", "9007199254740990")
    let worker = try await fixture.worker("w")
    await #expect(throws: QueueError.self) { try await worker.reserve() }
    #expect(try await fixture.violations() == [])
  }

  @Test("Hints are at most 64 and go when the line is empty")
  func hints() async throws {
    let fixture = try await QueueFixture.make()
    let conversations = (1...70).map { "talk\($0)" }
    for conversation in conversations { try await fixture.enqueue([conversation], in: conversation) }
    #expect(try await fixture.list(fixture.keys.wake).count == 64)
    let worker = try await fixture.worker("w")
    #expect(try await worker.reserve().reservations.count == 64)
    #expect(try await fixture.list(fixture.keys.wake).count == 64)
    #expect(try await worker.reserve().reservations.count == 6)
    #expect(try await fixture.list(fixture.keys.wake) == [])
    #expect(try await fixture.violations(conversations: conversations) == [])
  }

  @Test("A worker that comes back after an outage longer than its lease is alive")
  func lateWorker() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    try await fixture.expire(worker)
    #expect(try await worker.reserve().reservations.count == 1)
    #expect(try await fixture.queue.reap() == ReapResult())
  }
}

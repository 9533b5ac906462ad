import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Enqueue")
struct EnqueueTests {
  @Test("An event arrives as it was sent")
  func roundTrip() async throws {
    let fixture = try await QueueFixture.make()
    let payload = ByteBuffer(bytes: (0...255).map { UInt8($0) })
    let result = try await fixture.queue.enqueue(
      id: "e1", conversation: "call \u{1F600}", payload: payload, traceparent: "00-abc-def-01")
    #expect(result == .queued)
    let event = try await fixture.worker("w").reserveOne().events[0]
    #expect(event.id == "e1")
    #expect(event.conversation == "call \u{1F600}")
    #expect(event.payload == payload)
    #expect(event.traceparent == "00-abc-def-01")
    #expect(event.deliveries == 1)
    #expect(event.enqueuedAt > 1_700_000_000_000)
  }

  @Test("An event is a duplicate while queued, in hand, settled and dead")
  func duplicates() async throws {
    let fixture = try await QueueFixture.make()
    func offer(_ id: String) async throws -> EnqueueResult {
      try await fixture.queue.enqueue(id: id, conversation: "talk", payload: ByteBuffer())
    }
    #expect(try await offer("a") == .queued)
    #expect(try await offer("a") == .duplicate)
    #expect(try await offer("b") == .queued)
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    #expect(try await offer("a") == .duplicate)
    let settlement = Settlement(
      reservation.ticket, acknowledged: ["a"], failure: .dead(id: "b", .permanent, boom))
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await offer("a") == .duplicate)
    #expect(try await offer("b") == .duplicate)
    #expect(try await fixture.violations() == [])
  }

  @Test("A tombstone lives as long as the settings say")
  func tombstone() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    _ = try await worker.settle(worker.reserveOne())
    let left = try await fixture.run("PTTL", fixture.keys.done("a")).integer ?? 0
    #expect((3_500_000...3_600_000).contains(left))
    #expect(try await fixture.run("EXISTS", fixture.keys.event("a")).integer == 0)
  }

  @Test("Above the depth limit events are refused until some are settled")
  func full() async throws {
    let fixture = try await QueueFixture.make { $0.maximumDepth = 2 }
    try await fixture.enqueue(["a", "b"])
    let payload = ByteBuffer(string: "x")
    #expect(try await fixture.queue.enqueue(id: "c", conversation: "talk", payload: payload) == .full)
    #expect(try await fixture.queue.enqueue(id: "a", conversation: "talk", payload: payload) == .duplicate)
    let worker = try await fixture.worker("w")
    _ = try await worker.settle(worker.reserveOne())
    #expect(try await fixture.queue.enqueue(id: "c", conversation: "talk", payload: payload) == .queued)
    #expect(try await fixture.violations() == [])
  }

  @Test("Conversations whose ids Swift calls equal are two, and long ids keep their full name")
  func names() async throws {
    let fixture = try await QueueFixture.make()
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    let long = String(repeating: "\u{1F600}", count: 128)
    for (id, name) in [("1", composed), ("2", decomposed), ("3", long)] {
      try await fixture.enqueue([id], in: name)
    }
    let reservations = try await fixture.worker("w").reserve().reservations
    #expect(
      reservations.map { Array($0.conversation.utf8) } == [composed, decomposed, long].map { Array($0.utf8) })
    #expect(reservations.allSatisfy { $0.ticket.token.utf8.count <= 128 })
    #expect(try await fixture.violations(conversations: [composed, decomposed, long]) == [])
  }

  @Test(
    "Ids out of bounds are refused",
    arguments: [
      ("", "talk"), ("e", ""), (String(repeating: "x", count: 129), "talk"),
      ("e", String(repeating: "x", count: 513)),
    ])
  func bounds(id: String, conversation: String) async throws {
    let fixture = try await QueueFixture.make()
    await #expect(throws: QueueError.self) {
      try await fixture.queue.enqueue(id: id, conversation: conversation, payload: ByteBuffer())
    }
  }

  @Test("Statistics count what is there")
  func statistics() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"], in: "one")
    try await fixture.enqueue(["c"], in: "two")
    try await fixture.enqueue(["d"], in: "three")
    let worker = try await fixture.worker("w")
    let first = try await worker.reserveOne(.limits(conversations: 1))
    let retry = Settlement.Failure.retry(id: "a", after: .seconds(60), boom)
    _ = try await worker.settle(Settlement(first.ticket, acknowledged: [], failure: retry))
    _ = try await worker.reserveOne(.limits(conversations: 1))
    try await fixture.run("HINCRBY", fixture.keys.event("d"), "enqueuedAt", "-60000")
    let statistics = try await fixture.queue.statistics()
    #expect(statistics.depth == 4)
    #expect(statistics.ready == 1)
    #expect(statistics.delayed == 1)
    #expect(statistics.inFlight == 1)
    #expect(statistics.workers == 1)
    #expect(statistics.retried == 1)
    #expect(statistics.enqueued == 4)
    #expect(statistics.oldestWaiting >= .seconds(60))
    #expect(!statistics.isPaused)
  }
}

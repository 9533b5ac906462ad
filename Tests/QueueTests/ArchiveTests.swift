import Keyspace
import NIOCore
import Queue
import Redis
import Testing

/// How dead events leave Redis and come back.
@Suite("Archive")
struct ArchiveTests {
  private func dead(_ fixture: QueueFixture, _ ids: [String], in conversation: String = "talk") async throws {
    for (index, id) in ids.enumerated() {
      try await fixture.run(
        "HSET", fixture.keys.event(id), "payload", "p-\(id)", "conversation", conversation, "traceparent",
        "tp",
        "state", "dead", "reason", "permanent", "class", "Boom", "error", "it went boom", "enqueuedAt", "5",
        "deliveries", "3", "strikes", "1")
      try await fixture.run("ZADD", fixture.keys.dead, String(1000 + index), id)
    }
  }

  @Test("What is not copied yet is found, once, the longest dead first")
  func unarchived() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, ["a", "b", "c"])
    let copies = try await fixture.queue.unarchived()
    #expect(copies.map(\.event.id) == ["a", "b", "c"])
    let expected = DeadEvent(
      id: "a", conversation: "talk", reason: "permanent", failureClass: "Boom", message: "it went boom",
      enqueuedAt: 5, diedAt: 1000, deliveries: 3, strikes: 1, payloadSize: 3, isArchived: false)
    #expect(
      copies[0] == DeadEventCopy(event: expected, payload: ByteBuffer(string: "p-a"), traceparent: "tp"))
    #expect(try await fixture.queue.markArchived(copies.map(\.event)) == [true, true, true])
    #expect(try await fixture.queue.unarchived() == [])
    #expect(try await fixture.field("archived", of: "b") == "1")
    #expect(try await fixture.run("HGET", fixture.keys.meta, "archivedUntil").string == "1002")
  }

  @Test("A death dated before others that are copied is found by a walk from the start")
  func clockBehind() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, ["a", "b"])
    _ = try await fixture.queue.markArchived(try await fixture.queue.unarchived().map(\.event))
    _ = try await fixture.queue.unarchived()
    try await dead(fixture, ["early"])
    try await fixture.run("ZADD", fixture.keys.dead, "10", "early")
    #expect(try await fixture.queue.unarchived() == [])
    #expect(try await fixture.queue.unarchived(fromStart: true).map(\.event.id) == ["early"])
  }

  @Test("One left out in the middle is found again although later ones are copied")
  func gap() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, (0..<250).map { "e\($0)" })
    let first = try await fixture.queue.unarchived().map(\.event)
    #expect(first.count == 100)
    _ = try await fixture.queue.markArchived(first.filter { $0.id != "e50" })
    let second = try await fixture.queue.unarchived().map(\.event)
    #expect(second.first?.id == "e50")
    #expect(second.count == 100)
  }

  @Test("Any number of deaths in one millisecond are got past", .timeLimit(.minutes(1)))
  func crowdedMillisecond() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, (0..<1100).map { "e\($0)" })
    for index in 0..<1100 {
      try await fixture.run("ZADD", fixture.keys.dead, "1000", "e\(index)")
      try await fixture.run("HSET", fixture.keys.event("e\(index)"), "archived", "1")
    }
    try await dead(fixture, ["last"])
    try await fixture.run("ZADD", fixture.keys.dead, "2000", "last")
    #expect(try await fixture.queue.unarchived().map(\.event.id) == ["last"])
    #expect(try await fixture.queue.unarchived().map(\.event.id) == ["last"])
  }

  @Test("Lost events are buried a few at a time, and none is forgotten")
  func lostInNumbers() async throws {
    let fixture = try await QueueFixture.make()
    for index in 0..<1200 {
      _ = try await fixture.queue.enqueue(
        id: "e\(index)", conversation: "talk\(index % 3)", payload: ByteBuffer(string: "p"))
      try await fixture.run("HDEL", fixture.keys.event("e\(index)"), "payload")
    }
    let worker = try await fixture.worker("w")
    var limits = ReservationLimits()
    limits.eventsEach = 450
    limits.events = 2000
    var sizes: [Int] = []
    for _ in 0..<3 {
      #expect(try await worker.reserve(limits).reservations.isEmpty)
      sizes.append(try await fixture.dead().count)
    }
    #expect(sizes == [500, 1000, 1200])
    #expect(try await fixture.violations(conversations: ["talk0", "talk1", "talk2"]) == [])
  }

  @Test("What came alive since it was read is not marked")
  func revived() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, ["a", "b", "c"])
    let events = try await fixture.queue.unarchived().map(\.event)
    _ = try await fixture.queue.replay(["a"])
    // Died again.
    try await fixture.run("ZADD", fixture.keys.dead, "2000", "b")
    #expect(try await fixture.queue.markArchived(events) == [false, false, true])
  }

  @Test("Payloads of many megabytes come one at a time")
  func large() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, ["a", "b", "c"])
    let large = String(repeating: "x", count: 5 << 20)
    for id in ["a", "b"] { try await fixture.run("HSET", fixture.keys.event(id), "payload", large) }
    #expect(try await fixture.queue.unarchived().map(\.event.id) == ["a"])
  }

  @Test("Only archived events are purged: old ones, and the oldest of too many")
  func purge() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, (0..<10).map { "e\($0)" })
    let events = try await fixture.queue.unarchived().map(\.event)
    #expect(try await fixture.queue.purgeable(olderThan: .seconds(60), beyond: 100) == [])
    #expect(try await fixture.queue.purge(["e0", "nobody"]) == 0)
    _ = try await fixture.queue.markArchived(Array(events.prefix(5)))
    let ids = (0..<5).map { "e\($0)" }
    #expect(try await fixture.queue.purgeable(olderThan: .seconds(60), beyond: 100) == ids)
    let century = Duration.seconds(100 * 365 * 86_400)
    #expect(try await fixture.queue.purgeable(olderThan: century, beyond: 7) == ["e0", "e1", "e2"])
    #expect(try await fixture.queue.purge(["e0", "e9"]) == 1)
    #expect(try await fixture.queue.event("e0").state == .unknown)
    #expect(try await fixture.dead().count == 9)
    try await fixture.queue.withdrawArchived(["e1"])
    #expect(try await fixture.queue.unarchived(fromStart: true).first?.event.id == "e1")
  }

  @Test("A purged event comes back as it was, unless it is alive or over")
  func restore() async throws {
    let fixture = try await QueueFixture.make()
    try await dead(fixture, ["a"])
    let copies = try await fixture.queue.unarchived()
    #expect(try await fixture.queue.restore(copies) == [.dead])
    _ = try await fixture.queue.markArchived(copies.map(\.event))
    #expect(try await fixture.queue.purge(["a"]) == 1)
    #expect(try await fixture.queue.restore(copies) == [.restored])
    #expect(try await fixture.queue.deadEvents(limit: 1).first?.isArchived == true)
    #expect(try await fixture.queue.payload(of: "a") == ByteBuffer(string: "p-a"))
    #expect(try await fixture.queue.replay(["a"]) == [.replayed])
    #expect(try await fixture.queue.restore(copies) == [.queued])
    #expect(try await fixture.violations() == [])
    let worker = try await fixture.worker("w")
    #expect(try await worker.settle(try await worker.reserveOne()) == .settled)
    #expect(try await fixture.queue.restore(copies) == [.settled])
  }

  @Test("A dead event that turns out to be committed leaves a tombstone")
  func committed() async throws {
    let fixture = try await QueueFixture.make { $0.shards = 2 }
    try await dead(fixture, ["a"])
    try await fixture.queue.settleDead(["a"])
    #expect(try await fixture.queue.event("a").state == .settled)
    let statistics = try await fixture.queue.statistics()
    #expect((statistics.settled, statistics.discarded, statistics.dead) == (1, 0, 0))
  }
}

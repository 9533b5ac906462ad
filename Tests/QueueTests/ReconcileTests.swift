import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Reconcile")
struct ReconcileTests {
  @Test("Conversations whose reservation nobody heard of go back to the head, without strike or attempt")
  func lostReply() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"], in: "one")
    let worker = try await fixture.worker("w")
    let known = try await worker.reserveOne()
    try await fixture.enqueue(["b", "b2"], in: "two")
    try await fixture.enqueue(["c"], in: "three")
    _ = try await worker.reserve()  // The reply is lost.
    try await fixture.enqueue(["d"], in: "four")
    #expect(try await worker.reconcile(knowing: [known.ticket]) == .takenBack(2))
    #expect(try await fixture.list(fixture.keys.ready) == ["two", "three", "four"])
    #expect(try await fixture.field("strikes", of: "b") == nil)
    #expect(try await fixture.violations(conversations: ["one", "two", "three", "four"]) == [])
    let again = try await worker.reserve().reservations
    #expect(again.map { $0.events.map(\.deliveries) } == [[1, 1], [1], [1]])
    #expect(try await worker.settle(known) == .settled)
  }

  @Test("A conversation known under an older fence is not known")
  func olderFence() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let old = try await worker.reserveOne()
    #expect(try await worker.settle(old.release) == .settled)
    _ = try await worker.reserve()  // The reply is lost.
    #expect(try await worker.reconcile(knowing: [old.ticket]) == .takenBack(1))
    #expect(try await fixture.violations() == [])
  }

  @Test("A worker that leaves gives everything back and is gone")
  func leaving() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    _ = try await worker.reserveOne()
    let none: [ReservationTicket] = []
    let result = try await fixture.queue.reconcile(
      worker: "w", number: worker.nextNumber(), known: none, leaving: true)
    #expect(result == .takenBack(1))
    #expect(try await fixture.queue.statistics().workers == 0)
    #expect(try await fixture.run("HGET", fixture.keys.meta, "call:w").isNull)
    #expect(try await fixture.worker("v").reserveOne().events.map(\.deliveries) == [1])
    #expect(try await fixture.violations() == [])
  }

  @Test("A suspect goes back into quarantine")
  func suspect() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    for name in ["1", "2"] {
      let crashed = try await fixture.worker(name)
      _ = try await crashed.reserve()
      try await fixture.expire(crashed)
      _ = try await fixture.queue.reap()
    }
    let worker = try await fixture.worker("w")
    #expect(try await worker.reserve().status == .solo)
    #expect(try await worker.reconcile() == .takenBack(1))
    #expect(try await fixture.list(fixture.keys.suspect) == ["talk"])
    #expect(try await fixture.field("strikes", of: "a") == "2")
    #expect(try await fixture.violations() == [])
  }
}

import Keyspace
import NIOCore
import Queue
import Redis
import Testing

@Suite("Reap")
struct ReapTests {
  @Test("What a dead worker held is handed to another, in order, and the dead one can settle nothing")
  func takeover() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"], in: "one")
    try await fixture.enqueue(["c"], in: "two")
    let crashed = try await fixture.worker("crashed")
    let reservations = try await crashed.reserve().reservations
    try await fixture.enqueue(["d"], in: "three")
    try await fixture.expire(crashed)
    #expect(try await fixture.queue.reap().conversations == 2)
    #expect(try await fixture.list(fixture.keys.ready) == ["one", "two", "three"])
    #expect(try await fixture.queue.heartbeat("crashed") == false)
    #expect(try await crashed.reserve().status == .fenced)
    #expect(try await crashed.reconcile() == .fenced)
    #expect(try await crashed.settle(reservations[0]) == .fenced)
    let taken = try await fixture.worker("w").reserve().reservations
    #expect(taken.map { $0.events.map(\.id) } == [["a", "b"], ["c"], ["d"]])
    #expect(taken[0].events.map(\.deliveries) == [1, 1])
    #expect(taken[0].fence > reservations[0].fence)
    #expect(try await crashed.settle(reservations[0]) == .fenced)
    #expect(try await fixture.violations(conversations: ["one", "two", "three"]) == [])
  }

  @Test("A short lease runs out by the clock of Redis, and heartbeats extend it")
  func leaseExpiry() async throws {
    let fixture = try await QueueFixture.make { $0.lease = .milliseconds(200) }
    try await fixture.enqueue(["a"])
    let crashed = try await fixture.worker("crashed")
    _ = try await crashed.reserveOne()
    let registered = try await fixture.run("ZSCORE", fixture.keys.workers, "crashed").integer ?? 0
    try await Task.sleep(for: .milliseconds(2))
    #expect(try await fixture.queue.heartbeat("crashed"))
    #expect(try await fixture.run("ZSCORE", fixture.keys.workers, "crashed").integer ?? 0 > registered)
    var result = ReapResult()
    // Waits for the server's clock; bounded by patience, not by a guess at the speed of the machine.
    for _ in 0..<1000 where result.conversations == 0 {
      try await Task.sleep(for: .milliseconds(10))
      result = try await fixture.queue.reap()
    }
    #expect(result.conversations == 1)
    #expect(try await fixture.worker("w").reserveOne().events.map(\.id) == ["a"])
    #expect(try await fixture.violations() == [])
  }

  @Test("After Redis was away nobody is declared dead and nothing is struck")
  func redisWasAway() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    for _ in 0..<3 {
      try await fixture.expire(worker)
      try await fixture.run("HSET", fixture.keys.meta, "lastReap", "1")
      let first = try await fixture.queue.reap()
      #expect(first.renewedLeases)
      #expect(first.conversations == 0)
      let second = try await fixture.queue.reap()
      #expect(second == ReapResult())
    }
    #expect(try await fixture.field("strikes", of: "a") == nil)
    #expect(try await worker.settle(reservation) == .settled)
    #expect(try await fixture.violations() == [])
  }

  @Test("New leases never shorten one")
  func renewalKeepsLongerLeases() async throws {
    let fixture = try await QueueFixture.make()
    let worker = try await fixture.worker("w")
    try await fixture.run("ZADD", fixture.keys.workers, "99999999999999", worker.name)
    try await fixture.run("HDEL", fixture.keys.meta, "lastReap")
    #expect(try await fixture.queue.reap().renewedLeases)
    #expect(try await fixture.run("ZSCORE", fixture.keys.workers, "w").string == "99999999999999")
  }

  @Test("A large estate is taken whole; further dead workers wait for the next reap")
  func budget() async throws {
    let fixture = try await QueueFixture.make { $0.reapBudget = 2 }
    let conversations = (1...6).map { "talk\($0)" }
    for conversation in conversations { try await fixture.enqueue([conversation], in: conversation) }
    for name in ["x", "y"] {
      let crashed = try await fixture.worker(name)
      _ = try await crashed.reserve(.limits(conversations: 3))
      try await fixture.expire(crashed)
    }
    #expect(try await fixture.queue.reap().conversations == 3)
    #expect(try await fixture.violations(conversations: conversations) == [])
    #expect(try await fixture.queue.reap().conversations == 3)
    #expect(try await fixture.queue.statistics().workers == 0)
    #expect(try await fixture.violations(conversations: conversations) == [])
  }

  @Test("A dead worker leaves nothing of itself behind")
  func traces() async throws {
    let fixture = try await QueueFixture.make()
    let crashed = try await fixture.worker("crashed")
    _ = try await crashed.reserve()
    try await fixture.expire(crashed)
    _ = try await fixture.queue.reap()
    #expect(try await fixture.run("HGET", fixture.keys.meta, "call:crashed").isNull)
    #expect(try await fixture.queue.statistics().workers == 0)
  }
}

import Keyspace
import Logging
import NIOCore
import Queue
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Consumer", .timeLimit(.minutes(1)))
struct QueueConsumerTests {
  private func consumer(_ fixture: QueueFixture) -> QueueConsumer {
    QueueConsumer(queue: fixture.queue, logger: Logger(label: "test"))
  }

  private func settleAll(_ reservations: [Reservation], _ consumer: QueueConsumer) async -> [SettleResult] {
    await consumer.settle(reservations.map { Settlement($0.ticket, acknowledged: $0.events.map(\.id)) })
  }

  /// Runs the consumer as a service while `body` runs, then shuts it down gracefully.
  private func running(_ consumer: QueueConsumer, _ body: () async throws -> Void) async throws {
    let group = ServiceGroup(services: [consumer], logger: Logger(label: "test"))
    let run = Task { try await group.run() }
    do {
      try await body()
    } catch {
      run.cancel()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await run.value
  }

  /// Asks again until it is so; the test's time limit is the deadline.
  private func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
  }

  @Test("It registers by itself, takes and settles")
  func round() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"])
    let consumer = consumer(fixture)
    let result = try await consumer.reserve()
    #expect(result.status == .ok)
    #expect(result.reservations.map { $0.events.map(\.id) } == [["a", "b"]])
    #expect(consumer.heldCount == 1)
    #expect(await settleAll(result.reservations, consumer) == [.settled])
    #expect(consumer.heldCount == 0)
    #expect(try await fixture.violations() == [])
  }

  @Test("A reservation whose reply was lost comes again, without attempt or strike")
  func lostReply() async throws {
    let server = try await RedisServer.start()
    let fixture = try await QueueFixture.make(on: QueueFixture.client(to: server.url)) {
      $0.workerTimeout = .seconds(1)
    }
    try await fixture.enqueue(["a"], in: "one")
    let consumer = consumer(fixture)
    let known = try await consumer.reserve().reservations
    try await fixture.enqueue(["b"], in: "two")
    server.pause()
    await #expect(throws: QueueError.self) { try await consumer.reserve() }
    server.resume()
    try await eventually { try await fixture.run("LLEN", fixture.keys.ready).integer == 0 }
    var again: [Reservation] = []
    try await eventually {
      again = (try? await consumer.reserve().reservations) ?? []
      return !again.isEmpty
    }
    #expect(again.map(\.conversation) == ["two"])
    #expect(again[0].events[0].deliveries == 1)
    #expect(await settleAll(known + again, consumer) == [.settled, .settled])
    #expect(try await fixture.queue.statistics().reconciled == 1)
    #expect(try await fixture.violations(conversations: ["one", "two"]) == [])
    try await server.stop()
  }

  @Test("A settlement whose reply was lost is given back or was done, never stuck")
  func lostSettlement() async throws {
    let server = try await RedisServer.start()
    let fixture = try await QueueFixture.make(on: QueueFixture.client(to: server.url)) {
      $0.workerTimeout = .seconds(1)
    }
    try await fixture.enqueue(["a"])
    let consumer = consumer(fixture)
    let reservations = try await consumer.reserve().reservations
    server.pause()
    guard case .unknown = await settleAll(reservations, consumer)[0] else {
      throw Failure("settled while paused")
    }
    #expect(consumer.heldCount == 0)
    server.resume()
    try await eventually {
      let more = (try? await consumer.reserve().reservations) ?? []
      _ = await settleAll(more, consumer)
      return try await fixture.queue.statistics().depth == 0
    }
    #expect(try await fixture.violations() == [])
    try await server.stop()
  }

  @Test("Declared dead, it goes on under a new name and settles nothing of the old one")
  func fenced() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let consumer = consumer(fixture)
    let old = try await consumer.reserve().reservations
    try await fixture.run("ZADD", fixture.keys.workers, "1", old[0].ticket.worker)
    #expect(try await fixture.queue.reap().conversations == 1)
    #expect(try await consumer.reserve().status == .fenced)
    let new = try await consumer.reserve().reservations
    #expect(new.map(\.conversation) == ["talk"])
    #expect(new[0].ticket.worker != old[0].ticket.worker)
    #expect(await settleAll(old, consumer) == [.fenced])
    #expect(await settleAll(new, consumer) == [.settled])
    #expect(try await fixture.violations() == [])
  }

  @Test("It goes on after Redis lost its memory")
  func flushed() async throws {
    let fixture = try await QueueFixture.make()
    let consumer = consumer(fixture)
    _ = try await consumer.reserve()
    try await fixture.run("DEL", fixture.keys.workers, fixture.keys.meta)
    try await fixture.enqueue(["a"])
    #expect(try await consumer.reserve().status == .fenced)
    #expect(try await consumer.reserve().reservations.count == 1)
  }

  @Test("Running, it outlives its lease, takes over from the dead and gives back what it holds at the end")
  func service() async throws {
    let fixture = try await QueueFixture.make {
      $0.lease = .milliseconds(400)
      $0.heartbeatInterval = .milliseconds(50)
      $0.reapInterval = .milliseconds(50)
    }
    try await fixture.enqueue(["a"])
    let crashed = try await fixture.worker("crashed")
    _ = try await crashed.reserveOne()
    let consumer = consumer(fixture)
    try await running(consumer) {
      var taken: [Reservation] = []
      try await eventually {
        taken = try await consumer.reserve().reservations
        return !taken.isEmpty
      }
      try await Task.sleep(for: .milliseconds(800))
      #expect(await settleAll(taken, consumer) == [.settled])
      try await fixture.enqueue(["b"])
      #expect(try await consumer.reserve().reservations.count == 1)
      #expect(consumer.heldCount == 1)
    }
    let statistics = try await fixture.queue.statistics()
    #expect(statistics.workers == 0)
    #expect(statistics.ready == 1)
    #expect(statistics.inFlight == 0)
    #expect(try await fixture.field("strikes", of: "b") == nil)
    #expect(try await fixture.violations() == [])
  }

  @Test("An event wakes a waiting worker long before its next look")
  func wake() async throws {
    let fixture = try await QueueFixture.make { $0.longestIdle = .seconds(30) }
    let consumer = consumer(fixture)
    try await running(consumer) {
      for id in ["a", "b", "c"] {
        let begin = ContinuousClock.now
        async let waiting: Void = consumer.waitForWork()
        try await fixture.enqueue([id], in: id)
        await waiting
        #expect(ContinuousClock.now - begin < .seconds(15))
        #expect(await settleAll(try consumer.reserve().reservations, consumer) == [.settled])
      }
    }
  }

  @Test("Without a hint it looks again after the idle time, or when something falls due")
  func idle() async throws {
    let fixture = try await QueueFixture.make { $0.longestIdle = .milliseconds(100) }
    let consumer = consumer(fixture)
    await consumer.waitForWork()
    let patient = self.consumer(try await QueueFixture.make { $0.longestIdle = .seconds(3600) })
    await patient.waitForWork(nextDue: .milliseconds(20))
  }

  @Test("A wait ends with its task")
  func cancelledWait() async throws {
    let fixture = try await QueueFixture.make { $0.longestIdle = .seconds(3600) }
    let consumer = consumer(fixture)
    let waiting = Task { await consumer.waitForWork() }
    waiting.cancel()
    await waiting.value
  }

  @Test("A Redis that is killed and comes back strikes nobody, and work goes on")
  func restart() async throws {
    let server = try await RedisServer.start(persistent: true)
    let fixture = try await QueueFixture.make(on: QueueFixture.client(to: server.url)) {
      $0.workerTimeout = .seconds(1)
      $0.heartbeatInterval = .milliseconds(100)
      $0.reapInterval = .milliseconds(100)
      $0.lease = .milliseconds(800)
      $0.silence = .milliseconds(500)
    }
    try await fixture.enqueue(["a", "b"], in: "one")
    let consumer = consumer(fixture)
    try await running(consumer) {
      let held = try await consumer.reserve().reservations
      try await server.kill()
      try await Task.sleep(for: .seconds(1))
      try await server.restart()
      try await eventually { (try? await fixture.queue.statistics().workers) == 1 }
      let results = await settleAll(held, consumer)
      if case .unknown = results[0] {} else { #expect(results == [.settled]) }
      try await fixture.enqueue(["c"], in: "two")
      try await eventually {
        let more = (try? await consumer.reserve().reservations) ?? []
        _ = await settleAll(more, consumer)
        return (try? await fixture.queue.statistics().depth) == 0
      }
    }
    #expect(try await fixture.queue.statistics().reaped == 0)
    #expect(try await fixture.violations(conversations: ["one", "two"]) == [])
    try await server.stop()
  }

  @Test("Every shard gets its turn, and a suspect in one empties the hands for all")
  func shards() async throws {
    let fixture = try await QueueFixture.make { $0.shards = 3 }
    for number in 0..<60 { try await fixture.enqueue(["e\(number)"], in: "talk\(number)") }
    let consumer = consumer(fixture)
    var limits = ReservationLimits()
    limits.conversations = 40
    let first = try await consumer.reserve(limits)
    #expect(first.reservations.count == 40)
    #expect(Set(first.reservations.map(\.ticket.shard)).count >= 2)
    let suspect = first.reservations[0]
    let keys = QueueKeys(prefix: fixture.settings.prefix, shard: suspect.ticket.shard)
    try await fixture.run("HSET", keys.solo, suspect.ticket.token, "8")
    #expect(await consumer.settle([suspect.release]) == [.settled])

    var held = Array(first.reservations.dropFirst())
    try await eventually {
      let more = try await consumer.reserve(limits)
      held += more.reservations
      return more.status == .quarantine
    }
    #expect(try await consumer.reserve(limits).reservations == [])
    _ = await consumer.settle(held.map(\.release))
    let alone = try await consumer.reserve(limits)
    #expect(alone.status == .solo)
    #expect(alone.reservations.map(\.conversation) == [suspect.conversation])
    #expect(try await consumer.reserve(limits).status == .quarantine)
    #expect(await settleAll(alone.reservations, consumer) == [.settled])
    #expect(try await consumer.reserve(limits).reservations.count == 40)
    #expect(try await fixture.queue.statistics().depth == 59)
  }
}

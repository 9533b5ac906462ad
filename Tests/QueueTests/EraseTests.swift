import Keyspace
import NIOCore
import Queue
import Redis
import TestSupport
import Testing

/// What a deleted conversation leaves in the queue.
@Suite("Erase")
struct EraseTests {
  @Test(
    "Waiting events are emptied in their places, each is delivered once more, and others stay as they are")
  func waiting() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b", "c"])
    try await fixture.enqueue(["x"], in: "other")
    #expect(try await erase(fixture) == EraseResult(emptied: 3))
    #expect(try await fixture.list(fixture.keys.events("talk")) == ["a", "b", "c"])
    #expect(try await fixture.violations(conversations: ["talk", "other"]) == [])
    let reservations = try await fixture.worker("w").reserve().reservations
    #expect(reservations.flatMap(\.events).map(\.id) == ["a", "b", "c", "x"])
    #expect(reservations.flatMap(\.events).map { String(buffer: $0.payload) } == ["", "", "", "x"])
    #expect(reservations[0].events.allSatisfy { $0.conversation == "talk" && $0.enqueuedAt > 0 })
    #expect(try await erase(fixture, "never heard of") == EraseResult())
  }

  @Test("A worker that has the events in hand settles them as if nothing had happened")
  func inHand() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    #expect(try await erase(fixture) == EraseResult(emptied: 2))
    #expect(try await fixture.violations() == [])
    #expect(try await worker.settle(reservation) == .settled)
    #expect(
      try await fixture.run("EXISTS", fixture.keys.event("a"), fixture.keys.events("talk")).integer == 0)
    #expect(try await fixture.queue.statistics().depth == 0)
    #expect(try await fixture.violations() == [])
  }

  @Test("What a worker has in hand and returns comes again, empty, with the attempts it had")
  func retried() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a", "b"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    _ = try await erase(fixture)
    let failure = Settlement.Failure.retry(id: "a", after: .zero, boom)
    let settlement = Settlement(reservation.ticket, acknowledged: [], failure: failure)
    #expect(try await worker.settle(settlement) == .settled)
    let again = try await worker.reserveOne()
    #expect(again.events.map(\.payload.readableBytes) == [0, 0])
    #expect(again.events.map(\.deliveries) == [2, 1])
    #expect(try await fixture.violations() == [])
  }

  @Test("What dies in hand meanwhile is found by the same again, and comes back")
  func diesInHand() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let reservation = try await worker.reserveOne()
    _ = try await erase(fixture)
    let failure = Settlement.Failure.dead(id: "a", .permanent, boom)
    let settlement = Settlement(reservation.ticket, acknowledged: [], failure: failure)
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await fixture.dead() == ["a"])
    #expect(try await fixture.field("payload", of: "a") == "")
    #expect(try await erase(fixture) == EraseResult(returned: 1))
    #expect(try await fixture.dead() == [])
    #expect(try await worker.settle(try await worker.reserveOne()) == .settled)
    #expect(try await fixture.violations() == [])
  }

  @Test("A conversation that waits for its next attempt goes on waiting, with nothing to say")
  func delayed() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    let worker = try await fixture.worker("w")
    let failure = Settlement.Failure.retry(id: "a", after: .seconds(3600), boom)
    let settlement = Settlement(try await worker.reserveOne().ticket, acknowledged: [], failure: failure)
    #expect(try await worker.settle(settlement) == .settled)
    #expect(try await erase(fixture) == EraseResult(emptied: 1))
    #expect(try await fixture.field("payload", of: "a") == "")
    #expect(try await fixture.field("error", of: "a") == nil)
    #expect(try await fixture.run("ZSCORE", fixture.keys.delayed, "talk").isNull == false)
    #expect(try await fixture.violations() == [])
  }

  @Test("The dead come back without their failures, behind what waits, and count again", arguments: [1, 3])
  func dead(shards: Int) async throws {
    let fixture = try await QueueFixture.make { $0.shards = shards }
    let names = ["talk", "other", "third", "fourth"]
    for name in names { try await die(["\(name)-1", "\(name)-2"], in: name, fixture) }
    try await fixture.enqueue(["later"])
    let erasures = ["talk", "third"].map { QueueErasure(conversation: $0) }
    #expect(try await fixture.queue.erase(erasures) == EraseResult(emptied: 1, returned: 4))
    #expect(try await fixture.violations(conversations: names) == [])
    let dead = try await fixture.queue.deadEvents(limit: 100).map(\.id)
    #expect(Set(dead) == ["other-1", "other-2", "fourth-1", "fourth-2"])
    let token = ConversationToken("talk", shards: shards)
    let keys = fixture.keys(shard: token.shard)
    #expect(try await fixture.list(keys.events("talk")) == ["later", "talk-1", "talk-2"])
    #expect(
      try await fixture.run(
        "HMGET", keys.event("talk-1"), "reason", "error", "archived", "deliveries", "state"
      )
      .array?.map(\.string) == [nil, nil, nil, nil, "queued"])
  }

  @Test("The dead that come back are counted as erased, and nobody replayed them", arguments: [1, 3])
  func counted(shards: Int) async throws {
    let fixture = try await QueueFixture.make { $0.shards = shards }
    try await die(["a", "b"], fixture)
    try await die(["c", "d"], in: "other", fixture)
    #expect(try await fixture.queue.replay(["c"]) == [.replayed])
    #expect(try await fixture.queue.discard(["d"]) == [.discarded])
    #expect(try await erase(fixture) == EraseResult(returned: 2))
    let statistics = try await fixture.queue.statistics()
    #expect((statistics.depth, statistics.dead) == (3, 0))
    #expect((statistics.replayed, statistics.discarded, statistics.erased) == (1, 1, 2))
    #expect(try await erase(fixture) == EraseResult(emptied: 2))
    #expect(try await fixture.queue.statistics().erased == 2)
  }

  @Test("What lost its payload is in order without")
  func payloadLost() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["gone", "lost"])
    try await fixture.run("DEL", fixture.keys.event("gone"))
    #expect(try await fixture.worker("w").reserveOne().events.map(\.id) == ["lost"])
    #expect(try await fixture.dead() == ["gone"])
    try await fixture.run("DEL", fixture.keys.event("lost"))
    #expect(try await erase(fixture) == EraseResult(emptied: 1, returned: 1))
    #expect(try await fixture.list(fixture.keys.events("talk")) == ["lost", "gone"])
    #expect(try await fixture.dead() == [])
  }

  @Test("Events accepted after the deletion stay as they are")
  func acceptedLater() async throws {
    let fixture = try await QueueFixture.make()
    try await die(["old"], fixture)
    try await fixture.enqueue(["before", "after"])
    for (id, time) in [("old", "500"), ("before", "1000"), ("after", "1001")] {
      try await fixture.run("HSET", fixture.keys.event(id), "enqueuedAt", time)
    }
    let erasure = QueueErasure(conversation: "talk", acceptedUntil: 1000)
    #expect(try await fixture.queue.erase([erasure]) == EraseResult(emptied: 1, returned: 1))
    #expect(try await fixture.field("payload", of: "after") == "after")
    #expect(try await fixture.field("payload", of: "before") == "")
    #expect(try await fixture.field("payload", of: "old") == "")
  }

  @Test("Names that only look alike are different conversations; long ones are found by their digests")
  func names() async throws {
    let fixture = try await QueueFixture.make()
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    let long = String(repeating: "\u{1F600}", count: 100)
    for (id, name) in [("c", composed), ("d", decomposed), ("l", long)] {
      try await die(["dead-\(id)"], in: name, fixture)
      try await fixture.enqueue([id], in: name)
    }
    let erasures = [composed, long].map { QueueErasure(conversation: $0) }
    #expect(try await fixture.queue.erase(erasures) == EraseResult(emptied: 2, returned: 2))
    #expect(try await fixture.field("payload", of: "d") == "d")
    #expect(try await fixture.dead() == ["dead-d"])
    #expect(try await fixture.violations(conversations: [composed, decomposed, long]) == [])
  }

  @Test("A conversation named like another's digest loses none of its own events")
  func impostor() async throws {
    let fixture = try await QueueFixture.make()
    let long = String(repeating: "x", count: 200)
    let impostor = ConversationToken(long, shards: 1).text
    try await die(["a"], in: impostor, fixture)
    #expect(try await erase(fixture, long) == EraseResult())
    #expect(try await fixture.dead() == ["a"])
    #expect(try await fixture.field("payload", of: "a") == "a")
  }

  @Test("A long backlog is emptied whole while workers settle it and more arrives")
  func long() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue((0..<900).map { "e\($0)" })
    let worker = try await fixture.worker("w")
    let settled = Task {
      var count = 0
      while count < 300 {
        let reservation = try await worker.reserveOne(.limits(each: 30, events: 30))
        _ = try await worker.settle(reservation)
        count += reservation.events.count
      }
      try await fixture.enqueue((900..<1000).map { "e\($0)" })
    }
    let result = try await erase(fixture)
    try await settled.value
    // 600 were there all the time.
    #expect(result.emptied >= 600)
    for id in ["e300", "e450", "e899"] { #expect(try await fixture.field("payload", of: id) == "") }
    #expect(try await fixture.violations() == [])
  }

  @Test("A full Redis still erases")
  func full() async throws {
    let server = try await RedisServer.start(arguments: ["--maxmemory-policy", "noeviction"])
    let client = try await QueueFixture.client(to: server.url)
    let fixture = try await QueueFixture.make(on: client)
    try await die(["a"], fixture)
    try await fixture.enqueue(["b"])
    try await fixture.run("CONFIG", "SET", "maxmemory", "1")
    await #expect(throws: QueueError.self) { try await fixture.enqueue(["c"]) }
    #expect(try await erase(fixture) == EraseResult(emptied: 1, returned: 1))
    try await server.kill()
  }

  @Test("The release before ours hands an emptied event out, and settles it")
  func previousRelease() async throws {
    let fixture = try await QueueFixture.make()
    try await fixture.enqueue(["a"])
    try await die(["b"], fixture)
    _ = try await erase(fixture)
    let worker = try await fixture.worker("w", isOfPreviousRelease: true)
    let reservation = try await worker.reserveOne()
    #expect(reservation.events.map(\.payload.readableBytes) == [0, 0])
    #expect(try await worker.settle(reservation) == .settled)
    #expect(try await fixture.violations() == [])
  }

  private func erase(_ fixture: QueueFixture, _ conversation: String = "talk") async throws -> EraseResult {
    try await fixture.queue.erase([QueueErasure(conversation: conversation)])
  }

  /// Events that a worker gives up, one after the other.
  private func die(_ ids: [String], in conversation: String = "talk", _ fixture: QueueFixture) async throws {
    let worker = try await fixture.worker("killer-\(UInt64.random(in: 0 ... .max))")
    let token = ConversationToken(conversation, shards: fixture.settings.shards)
    for id in ids {
      try await fixture.enqueue([id], in: conversation)
      let result = try await worker.reserve(shard: token.shard)
      let reservation = try #require(
        result.reservations.first { $0.conversation.utf8.elementsEqual(conversation.utf8) })
      let failure = Settlement.Failure.dead(id: id, .permanent, boom)
      _ = try await worker.settle(Settlement(reservation.ticket, acknowledged: [], failure: failure))
      for other in result.reservations where other.ticket != reservation.ticket {
        _ = try await worker.settle(other.release)
      }
    }
  }
}

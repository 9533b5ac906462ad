import ConversationStore
import Conversations
import Logging
import NIOCore
import Queue
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@testable import WebhookWorker

/// Dead events from their death to their end, by way of Postgres.
@Suite struct DeadLetterOfficeTests {
  @Test("A dead event is copied, purged, still found, and replayed from its copy")
  func roundTrip() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a", "b"])
      #expect(try await rig.copier.copyAll())
      #expect(try await rig.letters() == "a,b")
      #expect(try await rig.upkeep(deadCount: 1).purgeQueue() == 1)
      #expect(try await rig.queue.deadEvents(limit: 9).map(\.id) == ["b"])
      #expect(try await rig.office.deadEvents(limit: 9).map(\.id) == ["b", "a"])
      #expect(try await rig.office.deadCounts().byClass == ["Boom": 2])
      let report = try await rig.office.event("a")
      #expect((report.reason, report.conversation, report.payloadSize) == ("permanent", "talk", 3))
      #expect(try await rig.office.payload(of: "a") == Array("p-a".utf8))

      #expect(try await rig.office.replay(["a", "b", "x"]) == [.replayed, .replayed, .unknown])
      #expect(try await rig.letters() == "a replayed,b replayed")
      #expect(try await rig.office.deadCounts().total == 0)
      #expect(try await rig.queue.payload(of: "a") == ByteBuffer(string: "p-a"))
      #expect(try await rig.queue.statistics().depth == 2)
    }
  }

  @Test("A death by this worker's doing is copied at once, not at the next look")
  func prompt() async throws {
    try await DeadLetterRig.with { rig in
      try await withThrowingTaskGroup(of: Void.self) { group in
        var copier = rig.copier
        copier.interval = .seconds(3600)
        try await rig.kill(["first"])
        group.addTask { [copier] in try await copier.run() }
        // From now on the copier sleeps for an hour, or until it is told.
        #expect(try await eventually { try await rig.letters() == "first" })
        _ = try await rig.queue.enqueue(id: "a", conversation: "talk", payload: ByteBuffer(string: "a"))
        let reservation = try #require(try await rig.consumer.reserve().reservations.first)
        let why = FailureDescription(failureClass: "Boom", message: "it went boom")
        let settlement = Settlement(
          reservation.ticket, acknowledged: [], failure: .dead(id: "a", .permanent, why))
        #expect(await rig.consumer.settle([settlement]) == [.settled])
        #expect(try await eventually { try await rig.letters() == "a,first" })
        group.cancelAll()
      }
    }
  }

  @Test("All of a class are replayed, and the rest discarded, wherever they are", arguments: [1, 3])
  func bulk(shards: Int) async throws {
    try await DeadLetterRig.with(shards: shards) { rig in
      for talk in 0..<6 {
        let failureClass = talk < 4 ? "Boom" : "Other"
        try await rig.kill((0..<5).map { "e\(talk)-\($0)" }, in: "talk\(talk)", failureClass: failureClass)
      }
      #expect(try await rig.copier.copyAll())
      _ = try await rig.upkeep(deadCount: 9).purgeQueue()
      let here = try await rig.queue.statistics().dead
      #expect(here < 30 && here > 0)
      #expect(try await rig.office.replayAll(.failureClass("Boom")).counts == [.replayed: 20])
      #expect(try await rig.queue.statistics().depth == 20)
      #expect(try await rig.office.discardAll(.all).counts == [.discarded: 10])
      #expect(try await rig.office.deadCounts().total == 0)
      let open = try await rig.scalar("SELECT count(*)::text FROM dead_letters WHERE resolution IS NULL")
      #expect(open == "0")
      #expect(try await rig.queue.event("e5-0").state == .settled)
    }
  }

  @Test("A dead event that turns out to have committed is settled and no letter")
  func committed() async throws {
    try await DeadLetterRig.with { rig in
      let id = EventID(sha256Of: Array("x".utf8).span)
      try await rig.kill([id.text, "b"])
      let event = ProviderEvent(
        conversationID: ExternalConversationID(stored: "talk"), type: .replicaJoined, timestamp: nil,
        content: .joined)
      _ = try await rig.store.apply([
        IncomingEvent(id: id, event: event, receivedAt: Timestamp(millisecondsSinceEpoch: 1), fence: 1)
      ])
      #expect(try await rig.copier.copyAll())
      #expect(try await rig.letters() == "b")
      #expect(try await rig.queue.event(id.text).state == .settled)
      #expect(try await rig.queue.statistics().dead == 1)
    }
  }

  @Test("A purged event that committed since is settled instead of replayed")
  func committedSince() async throws {
    try await DeadLetterRig.with { rig in
      let id = EventID(sha256Of: Array("x".utf8).span)
      try await rig.kill([id.text])
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      let event = ProviderEvent(
        conversationID: ExternalConversationID(stored: "talk"), type: .replicaJoined, timestamp: nil,
        content: .joined)
      _ = try await rig.store.apply([
        IncomingEvent(id: id, event: event, receivedAt: Timestamp(millisecondsSinceEpoch: 1), fence: 1)
      ])
      #expect(try await rig.office.replay([id.text]) == [.settled])
      #expect(try await rig.letters() == "\(id.text) settled")
      #expect(try await rig.queue.statistics().depth == 0)
    }
  }

  @Test("What Postgres has no copy of is not purged but copied again")
  func lostCopy() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a", "b"])
      #expect(try await rig.copier.copyAll())
      _ = try await rig.scalar("DELETE FROM dead_letters WHERE event_id = 'a' RETURNING event_id")
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      #expect(try await rig.queue.deadEvents(limit: 9).map(\.id) == ["a"])
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      #expect(try await rig.letters() == "a,b")
    }
  }

  @Test("A replay that happens between copy and mark leaves no letter behind")
  func raced() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a"])
      let copies = try await rig.queue.unarchived()
      _ = try await rig.store.copy(copies.map(DeadLetterContent.init))
      #expect(try await rig.queue.replay(["a"]) == [.replayed])
      #expect(try await rig.queue.markArchived(copies.map(\.event)) == [false])
      try await rig.store.withdraw(copies.map { DeadLetter($0.event, traceparent: nil) })
      #expect(try await rig.letters() == nil)
    }
  }

  @Test("Who copies a death that was purged meanwhile does not take the last copy away")
  func racedByPurge() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a"])
      let copies = try await rig.queue.unarchived()
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      _ = try await rig.store.copy(copies.map(DeadLetterContent.init))
      #expect(try await rig.queue.markArchived(copies.map(\.event)) == [false])
      try await rig.store.withdraw(copies.map { DeadLetter($0.event, traceparent: nil) })
      #expect(try await rig.office.deadEvents(limit: 9).map(\.id) == ["a"])
      #expect(try await rig.office.replay(["a"]) == [.replayed])
    }
  }

  @Test("What committed while it was dead and copied is settled in Redis, too")
  func settledByUpkeep() async throws {
    try await DeadLetterRig.with { rig in
      let id = EventID(sha256Of: Array("x".utf8).span)
      try await rig.kill([id.text])
      #expect(try await rig.copier.copyAll())
      let event = ProviderEvent(
        conversationID: ExternalConversationID(stored: "talk"), type: .replicaJoined, timestamp: nil,
        content: .joined)
      _ = try await rig.store.apply([
        IncomingEvent(id: id, event: event, receivedAt: Timestamp(millisecondsSinceEpoch: 1), fence: 1)
      ])
      _ = try await rig.store.purgeLetters(olderThan: .seconds(86_400))
      #expect(try await rig.letters() == "\(id.text) settled")
      let upkeep = rig.upkeep(deadAge: .zero, deadCount: 0)
      #expect(try await upkeep.purgeQueue() == 0)
      #expect(try await upkeep.purgeQueue() == 0)
      #expect(try await rig.queue.event(id.text).state == .settled)
      #expect(try await rig.queue.statistics().dead == 0)
    }
  }

  @Test("A shutdown is not kept waiting by what can be copied and purged later")
  func shutdown() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a"])
      #expect(try await rig.copier.copyAll())
      try await rig.kill(["b"])
      let upkeep = rig.upkeep(deadAge: .zero, deadCount: 0)
      let late = LateService { () async throws in
        #expect(try await rig.copier.copyAll() == false)
        #expect(try await upkeep.purgeQueue() == 0)
      }
      try await late.runInShutdown()
      #expect(try await rig.letters() == "a")
      #expect(try await rig.queue.deadEvents(limit: 9).count == 2)
    }
  }

  @Test("What died without a payload cannot be replayed after its purge either, but discarded")
  func hollow() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a"])
      _ = try await rig.redis.execute(
        RedisCommand("HDEL", "\(rig.settings.prefix)webhooks:{0}:event:a", "payload"))
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      #expect(try await rig.office.replay(["a"]) == [.payloadLost])
      #expect(try await rig.office.deadCounts().total == 1)
      #expect(try await rig.office.discard(["a"]) == [.discarded])
      #expect(try await rig.letters() == "a discarded")
    }
  }

  @Test("A purged event that is discarded leaves a tombstone")
  func discardPurged() async throws {
    try await DeadLetterRig.with { rig in
      try await rig.kill(["a"])
      #expect(try await rig.upkeep(deadAge: .zero, deadCount: 0).purgeQueue() == 1)
      #expect(try await rig.office.discard(["a"]) == [.discarded])
      #expect(try await rig.letters() == "a discarded")
      let again = try await rig.queue.enqueue(id: "a", conversation: "talk", payload: ByteBuffer(string: "a"))
      #expect(again == .duplicate)
    }
  }
}

/// Does its work when a shutdown has begun.
private struct LateService: Service {
  let body: @Sendable () async throws -> Void

  func run() async throws {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(3600)) }
    try await body()
  }

  func runInShutdown() async throws {
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let group = ServiceGroup(services: [self], logger: quiet)
    async let end: Void = group.run()
    await group.triggerGracefulShutdown()
    try await end
  }
}

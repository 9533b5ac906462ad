import Keyspace
import Logging
import NIOCore
import Queue
import Redis
import TestSupport
import Testing

@Suite("The queue as a whole")
struct WholeQueueTests {
  @Test("10,000 events of many conversations drain in order", .timeLimit(.minutes(2)))
  func drain() async throws {
    let fixture = try await QueueFixture.make()
    let conversations = (0..<50).map { "talk\($0)" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for conversation in conversations {
        group.addTask {
          try await fixture.enqueue((0..<200).map { "\(conversation)-\($0)" }, in: conversation)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await fixture.queue.statistics().depth == 10_000)
    #expect(try await fixture.violations(conversations: conversations) == [])

    let seen = try await withThrowingTaskGroup(of: [QueuedEvent].self) { group in
      for name in ["v", "w"] { group.addTask { try await drain(fixture, name) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(seen.count == 10_000)
    #expect(Set(seen.map(\.id)).count == 10_000)
    let statistics = try await fixture.queue.statistics()
    #expect(statistics.depth == 0)
    #expect(statistics.settled == 10_000)
    #expect(try await fixture.violations(conversations: conversations) == [])
  }

  /// Takes and settles until nothing is left; each conversation's events must come by their numbers.
  private func drain(_ fixture: QueueFixture, _ name: String) async throws -> [QueuedEvent] {
    let worker = try await fixture.worker(name)
    var seen: [QueuedEvent] = []
    while try await fixture.queue.statistics().depth > 0 {
      let reservations = try await worker.reserve(.limits(each: 16, events: 256)).reservations
      for reservation in reservations {
        let numbers = reservation.events.map { Int($0.id.split(separator: "-")[1]) ?? -1 }
        #expect(numbers == Array(numbers[0]..<(numbers[0] + numbers.count)))
        #expect(
          try await fixture.run("LINDEX", fixture.keys.events(reservation.ticket.token), "0").string
            == reservation.events[0].id)
      }
      seen += reservations.flatMap(\.events)
      let settlements = reservations.map { Settlement($0.ticket, acknowledged: $0.events.map(\.id)) }
      #expect(await fixture.queue.settle(settlements).allSatisfy { $0 == .settled })
    }
    return seen
  }

  @Test("A full Redis refuses events and still drains", .timeLimit(.minutes(1)))
  func outOfMemory() async throws {
    let server = try await RedisServer.start(arguments: [
      "--maxmemory", "6mb", "--maxmemory-policy", "noeviction",
    ])
    let redis = try await QueueFixture.client(to: server.url)
    let fixture = try await QueueFixture.make(on: redis)
    let worker = try await fixture.worker("w")
    let payload = ByteBuffer(repeating: 120, count: 50_000)
    var accepted = 0
    var refusal: QueueError?
    while refusal == nil, accepted < 1000 {
      do throws(QueueError) {
        _ = try await fixture.queue.enqueue(
          id: "e\(accepted)", conversation: "talk\(accepted % 5)", payload: payload)
        accepted += 1
      } catch {
        refusal = error
      }
    }
    #expect(refusal?.code == .outOfMemory)
    #expect(refusal?.isRetryable == true)
    let conversations = (0..<5).map { "talk\($0)" }
    #expect(try await fixture.violations(conversations: conversations) == [])

    let dead = try await worker.reserve(.limits(conversations: 1, each: 1)).reservations[0]
    let failure = Settlement.Failure.dead(id: dead.events[0].id, .permanent, boom)
    #expect(try await worker.settle(Settlement(dead.ticket, acknowledged: [], failure: failure)) == .settled)
    #expect(try await fixture.queue.heartbeat("w"))
    #expect(try await fixture.queue.reap() == ReapResult())
    var drained = 0
    while case let reservations = try await worker.reserve().reservations, !reservations.isEmpty {
      for reservation in reservations {
        #expect(try await worker.settle(reservation) == .settled)
        drained += reservation.events.count
      }
    }
    #expect(drained == accepted - 1)
    #expect(try await fixture.violations(conversations: conversations) == [])
    #expect(try await fixture.queue.enqueue(id: "late", conversation: "talk0", payload: payload) == .queued)
    try await server.stop()
  }

  @Test("Enqueue gives up after its timeout when Redis hangs, and a resend is safe", .timeLimit(.minutes(1)))
  func hangingRedis() async throws {
    let server = try await RedisServer.start()
    let redis = try await QueueFixture.client(to: server.url)
    let fixture = try await QueueFixture.make(on: redis) { $0.enqueueTimeout = .milliseconds(500) }
    server.pause()
    let begin = ContinuousClock.now
    let error = await #expect(throws: QueueError.self) {
      try await fixture.queue.enqueue(id: "a", conversation: "talk", payload: ByteBuffer())
    }
    #expect(ContinuousClock.now - begin >= .milliseconds(490))
    #expect(error?.code == .unavailable)
    #expect(error?.outcomeIsUnknown == true)
    server.resume()
    // The first one may run at any moment from now on, so the second is either.
    var settings = fixture.settings
    settings.enqueueTimeout = .seconds(10)
    let patient = WebhookQueue(redis: redis, settings: settings)
    _ = try await patient.enqueue(id: "a", conversation: "talk", payload: ByteBuffer())
    #expect(try await patient.enqueue(id: "a", conversation: "talk", payload: ByteBuffer()) == .duplicate)
    #expect(try await fixture.queue.statistics().depth == 1)
    #expect(try await fixture.violations() == [])
    try await server.stop()
  }

  @Test("The start check sees an evicting server")
  func inspection() async throws {
    let server = try await RedisServer.start(arguments: ["--maxmemory-policy", "allkeys-lru"])
    let report = try await WebhookQueue(redis: QueueFixture.client(to: server.url)).inspectServer()
    #expect(report.refusals.count == 1)
    #expect(report.warnings.count == 1)
    try await server.stop()
    let shared = try await QueueFixture.make()
    #expect(try await shared.queue.inspectServer().refusals == [])
  }
}

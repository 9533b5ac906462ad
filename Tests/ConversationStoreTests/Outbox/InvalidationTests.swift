import Cache
import Conversations
import NIOCore
import Postgres
import Redis
import TestSupport
import Testing

@testable import ConversationStore

/// What readers see of writes whose writers die, or whom Redis does not answer.
@Suite struct InvalidationTests {
  @Test(
    "A writer that dies before it has invalidated everything leaves nothing stale that a relay does not find",
    arguments: [Failpoint.afterCommit, .afterLSN, .betweenInvalidations])
  func death(point: Failpoint) async throws {
    try await StoreRig.with(relays: 1) { rig in
      let reader = try await Reader(rig)
      let committed = try await reader.dyingPatch(at: point)
      #expect(try await eventually(within: .seconds(5)) { try await reader.seesTitles(["after"]) })
      #expect(ContinuousClock.now - committed.time < CacheSettings().stalenessBound)
      committed.writer.cancel()
    }
  }

  @Test(
    "A writer that dies while no relay is left leaves nothing stale for longer than the bound",
    arguments: [Failpoint.afterCommit, .afterLSN, .betweenInvalidations])
  func lonelyDeath(point: Failpoint) async throws {
    var settings = CacheSettings()
    settings.stalenessBound = .milliseconds(1500)
    try await StoreRig.with(settings: settings) { [settings] rig in
      let relay = Task { await rig.relay() }
      #expect(try await eventually { try await rig.isTrusted() })
      let reader = try await Reader(rig)
      relay.cancel()
      await relay.value
      let committed = try await reader.dyingPatch(at: point)
      // Reads between the commit and the bound may be answered either way; after it by the database only.
      try await ContinuousClock().sleep(until: committed.time + settings.stalenessBound)
      #expect(try await reader.seesTitles(["after"]))
      #expect(try await !rig.isTrusted())
      committed.writer.cancel()
    }
  }

  @Test("A client's write that Redis does not confirm is told so, a batch of events waits until it is safe")
  func unconfirmed() async throws {
    var settings = CacheSettings()
    settings.stalenessBound = .seconds(3)
    let server = try await RedisServer.start()
    try await StoreRig.with(redisURL: server.url, settings: settings) { [settings] rig in
      let id = try await rig.store.create(NewConversation(), owner: nil).conversation.id
      server.pause()
      let start = ContinuousClock.now
      let receipt = try await rig.store.patch(
        id, .title("x"), in: .everyone, matches: { _ in true })
      #expect(!receipt.invalidated)
      #expect(ContinuousClock.now - start < .seconds(2.5))
      let begun = ContinuousClock.now
      #expect(try await rig.apply("c", .words("hello")).invalidated)
      #expect(ContinuousClock.now - begun >= settings.stalenessBound)
      server.resume()
    }
    try await server.stop()
  }

  @Test("A client's write that another process's relay invalidates is confirmed all the same")
  func relayed() async throws {
    let server = try await RedisServer.start()
    try await StoreRig.with(redisURL: server.url) { rig in
      let id = try await rig.store.create(NewConversation(), owner: nil).conversation.id
      let rows = "SELECT count(*)::text FROM cache_outbox WHERE done_by IS NULL"
      #expect(try await eventually { try await rig.scalar(rows) == "0" })
      server.pause()
      async let receipt = rig.store.patch(id, .title("x"), in: .everyone, matches: { _ in true })
      #expect(try await eventually { try await rig.scalar(rows) == "1" })
      try await rig.run("UPDATE cache_outbox SET done_by = 's|00000001', done_at = now()")
      #expect(try await receipt.invalidated)
      server.resume()
    }
    try await server.stop()
  }

  @Test("A repeated write that changes nothing invalidates, for the first one may have died")
  func repetition() async throws {
    try await StoreRig.with { rig in
      let trust = Task { await rig.vouchAlways() }
      defer { trust.cancel() }
      #expect(try await eventually { try await rig.isTrusted() })
      let reader = try await Reader(rig)
      let committed = try await reader.dyingPatch(at: .afterCommit)
      #expect(try await reader.seesTitles(["before"]))
      #expect(try await reader.patch().invalidated)
      #expect(try await reader.seesTitles(["after"]))
      committed.writer.cancel()
    }
  }

  @Test("A redelivered event invalidates, for its first delivery may have died")
  func redelivery() async throws {
    try await StoreRig.with { rig in
      let trust = Task { await rig.vouchAlways() }
      defer { trust.cancel() }
      #expect(try await eventually { try await rig.isTrusted() })
      try await rig.apply("c", .words("before"))
      let id = try #require(
        try await rig.scalar("SELECT id::text FROM conversations").flatMap { ConversationID($0) })
      func content() async throws -> String {
        let page = ListRequest(page: try #require(PageRequest(limit: 10)))
        return String(buffer: try await rig.store.messages(of: id, page, in: .everyone).value.body)
      }
      #expect(try await eventually { try await content().contains("before") })
      let event = rig.event("c", .words("before", "after"), id: "e")
      let died = AsyncStream.makeStream(of: Void.self)
      let writer = Task {
        try await Failpoint.stopping(at: .afterCommit, died.continuation) {
          _ = try await rig.store.apply([event])
        }
      }
      for await _ in died.stream { break }
      #expect(try await !content().contains("after"))
      #expect(try await rig.store.apply([event]).invalidated)
      #expect(try await content().contains("after"))
      writer.cancel()
    }
  }
}

/// Reads a conversation and its owner's list, both cached.
private struct Reader: Sendable {
  private let rig: StoreRig
  private let id: ConversationID
  private let owner = UserID(stored: "alice")

  init(_ rig: StoreRig) async throws {
    self.rig = rig
    id = try await rig.store.create(NewConversation(title: "before"), owner: owner).conversation.id
    let reader = self
    #expect(try await eventually { try await reader.isCached() })
  }

  func seesTitles(_ titles: Set<String>) async throws -> Bool {
    for answer in try await answers() {
      let body = String(buffer: answer.value.body)
      guard titles.contains(where: { body.contains(#""title":"\#($0)""#) }) else { return false }
    }
    return true
  }

  func patch() async throws -> WriteReceipt {
    try await rig.store.patch(id, .title("after"), in: .everyone, matches: { _ in true })
  }

  /// A write whose writer goes no further than the point, until it is cancelled.
  func dyingPatch(
    at point: Failpoint
  ) async throws -> (writer: Task<Void, any Error>, time: ContinuousClock.Instant) {
    let died = AsyncStream.makeStream(of: Void.self)
    let writer = Task { [self] in
      try await Failpoint.stopping(at: point, died.continuation) { _ = try await patch() }
    }
    for await _ in died.stream { break }
    return (writer, .now)
  }

  private func isCached() async throws -> Bool {
    try await answers().allSatisfy { if case .hit = $0.status { true } else { false } }
  }

  private func answers() async throws -> [CacheAnswer] {
    let list = ListRequest(page: try #require(PageRequest(limit: 10)))
    return [
      try await rig.store.conversation(id, in: .everyone),
      try await rig.store.conversations(ConversationFilter(userID: owner), list),
    ]
  }
}

extension Failpoint {
  /// Runs `body` up to a point, says that it got there, and goes on only when the task is cancelled.
  static func stopping(
    at point: Failpoint, _ arrived: AsyncStream<Void>.Continuation, _ body: () async throws -> Void
  ) async throws {
    try await $handler.withValue({ passed in
      guard passed == point else { return }
      arrived.yield()
      try? await Task.sleep(for: .seconds(3600))
    }) { try await body() }
  }
}

extension StoreRig {
  /// What a relay must never do: lets hits count whatever is left to be invalidated.
  func vouchAlways() async {
    while !Task.isCancelled {
      if let moment = try? await cache.serverMoment() {
        _ = try? await cache.extendTrust(since: moment, lessening: .zero, timeline: "1")
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }
}

import Cache
import ConversationStore
import Conversations
import NIOCore
import Postgres
import Testing

/// What a deletion leaves to be done, and how far it goes.
@Suite struct ErasureTests {
  private static let alice = UserID(stored: "alice")

  @Test(
    "A deletion leaves something to be done, which one takes on at a time, and another when that one dies")
  func claimed() async throws {
    try await StoreRig.with { rig in
      try await delete("c", rig)
      let first = try await rig.store.claimErasures(limit: 10)
      #expect(first.map(\.name) == ["c"])
      #expect(try await rig.store.claimErasures(limit: 10).isEmpty)
      try await rig.age(due: 21)
      #expect(try await rig.store.claimErasures(limit: 10).map(\.name) == ["c"])
      try await rig.store.letGo(first, for: .zero)
      #expect(try await rig.store.claimErasures(limit: 10).map(\.name) == ["c"])
      #expect(try await rig.store.claimErasure(of: ExternalConversationID(stored: "c"))?.name == "c")
      #expect(try await rig.store.claimErasure(of: ExternalConversationID(stored: "d")) == nil)
    }
  }

  @Test(
    "It is done once more when nothing can be under way any more, and then forgotten with the external id")
  func twice() async throws {
    try await StoreRig.with { rig in
      try await delete("c", rig)
      try await rig.store.finish(try await rig.store.claimErasures(limit: 10))
      #expect(try await rig.store.claimErasures(limit: 10).isEmpty)
      #expect(try await rig.pending() == "c")
      try await rig.age(due: 61, requested: 61)
      try await rig.store.finish(try await rig.store.claimErasures(limit: 10))
      #expect(try await rig.pending() == nil)
    }
  }

  @Test("Pending is whatever is not done for good")
  func pending() async throws {
    try await StoreRig.with { rig in
      #expect(try await rig.store.pendingErasures() == 0)
      try await delete("c", rig)
      try await rig.store.requestErasure(of: Self.alice)
      #expect(try await rig.store.pendingErasures() == 2)
      try await rig.store.finish(try await rig.store.claimErasures(limit: 10))
      #expect(try await rig.store.pendingErasures() == 2)
      try await rig.age(due: 61, requested: 61)
      try await rig.store.finish(try await rig.store.claimErasures(limit: 1))
      #expect(try await rig.store.pendingErasures() == 1)
    }
  }

  @Test("What is requested again meanwhile is not forgotten")
  func requestedAgain() async throws {
    try await StoreRig.with { rig in
      try await rig.store.requestErasure(of: Self.alice)
      try await rig.age(due: 61, requested: 61)
      let claimed = try await rig.store.claimErasures(limit: 10)
      try await rig.store.requestErasure(of: Self.alice)
      try await rig.store.finish(claimed)
      #expect(try await rig.store.claimErasures(limit: 10).count == 1)
    }
  }

  @Test(
    "While the tombstone stands nothing is needed; once it is lifted, what was accepted after the deletion is"
  )
  func acceptedUntil() async throws {
    try await StoreRig.with { rig in
      try await delete("c", rig)
      try await rig.age(due: 10, requested: 10)
      let standing = try #require(try await rig.store.claimErasures(limit: 1).first?.acceptedUntil)
      #expect(abs(standing.microsecondsSinceEpoch - Timestamp.now().microsecondsSinceEpoch) < 5_000_000)
      _ = try await rig.store.create(new("c"), owner: Self.alice)
      try await rig.age(due: 30)
      let lifted = try #require(try await rig.store.claimErasures(limit: 1).first?.acceptedUntil)
      let ago = Timestamp.now().microsecondsSinceEpoch - lifted.microsecondsSinceEpoch
      #expect((9_500_000..<20_000_000).contains(ago))
    }
  }

  @Test(
    "A deleted conversation's dead letters go with it, and each event that was dead is on record as deleted")
  func letters() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.store.create(new("c"), owner: Self.alice)
      for (id, name) in [("a", "c"), ("b", "c"), ("other", "d")] { try await rig.bury(id, of: name) }
      try await rig.store.resolve(["b"], as: .discarded)
      try await delete("c", rig)
      #expect(try await rig.scalar("SELECT string_agg(event_id, ' ') FROM dead_letters") == "other")
      let recorded =
        "SELECT string_agg(external_event_id || ':' || event_type || ':' || outcome, ' ') FROM webhook_events"
      #expect(try await rig.scalar(recorded) == "a:erased:deleted")
      // One that was on its way to be copied.
      try await rig.bury("late", of: "c")
      let erasure = try #require(try await rig.store.claimErasures(limit: 1).first)
      let until = try #require(erasure.acceptedUntil)
      try await rig.store.eraseLetters([(ExternalConversationID(stored: "c"), until)])
      #expect(try await rig.scalar("SELECT string_agg(event_id, ' ') FROM dead_letters") == "other")
      #expect(try await rig.outcomes(of: "c") == "deleted,deleted")
    }
  }

  @Test("An erased event is recorded as deleted, once, makes no conversation and changes none")
  func erasedEvent() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("nobody's", .erased, id: "a")
      try await rig.apply("nobody's", .erased, id: "a", fence: 2)
      #expect(try await rig.outcomes(of: "nobody's") == "deleted")
      try await rig.apply("c", .words("hello"))
      let before = try await rig.scalar("SELECT xmin::text || c::text FROM conversations c")
      try await rig.apply("c", .erased, fence: 2)
      #expect(try await rig.scalar("SELECT xmin::text || c::text FROM conversations c") == before)
      #expect(try await rig.outcomes(of: "c") == "applied,deleted")
    }
  }

  @Test(
    "A user's conversations go in steps, each with its tombstone; what others have, and what he gets later, stays"
  )
  func user() async throws {
    try await StoreRig.with { rig in
      for index in 0..<7 {
        try await rig.apply("a\(index)", .words("mine"))
        _ = try await rig.store.create(new("a\(index)"), owner: Self.alice)
      }
      _ = try await rig.store.create(NewConversation(title: "no external id"), owner: Self.alice)
      _ = try await rig.store.create(new("b"), owner: UserID(stored: "bob"))
      try await rig.apply("unowned", .words("nobody's"))
      try await rig.store.requestErasure(of: Self.alice)
      _ = try await rig.store.create(new("later"), owner: Self.alice)

      let erasure = try #require(try await rig.store.claimErasures(limit: 1).first)
      var counts: [Int] = []
      repeat {
        counts.append(try await rig.store.eraseConversations(of: Self.alice, erasure, limit: 3))
      } while counts.last == 3
      #expect(counts == [3, 3, 2])
      #expect(try await !rig.store.hasConversations(of: Self.alice, erasure))
      let left = "SELECT string_agg(external_id, ' ' ORDER BY external_id) FROM conversations"
      #expect(try await rig.scalar(left) == "b later unowned")
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages WHERE user_id = 'alice'") == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM deleted_conversations") == "7")
      #expect(try await rig.pending() == "a0 a1 a2 a3 a4 a5 a6 alice")
      try await rig.apply("a3", .words("mine", "again"), fence: 2)
      #expect(try await rig.scalar(left) == "b later unowned")
    }
  }

  @Test("No list shows what was erased, from the moment a step is done")
  func invalidated() async throws {
    try await StoreRig.with(relays: 1) { rig in
      try await rig.apply("c", .words("mine"))
      _ = try await rig.store.create(new("c"), owner: Self.alice)
      let list = ListRequest(page: try #require(PageRequest(limit: 10)))
      func history() async throws -> String {
        String(buffer: try await rig.store.messages(of: Self.alice, list).value.body)
      }
      #expect(try await history().contains("mine"))
      try await rig.store.requestErasure(of: Self.alice)
      let erasure = try #require(try await rig.store.claimErasures(limit: 1).first)
      #expect(try await rig.store.eraseConversations(of: Self.alice, erasure, limit: 3) == 1)
      #expect(try await history().hasPrefix(#"{"items":[],"total":0,"#))
    }
  }

  @Test(
    "Erasing a user while workers store his events and backends claim them: nothing of what was there is left"
  )
  func race() async throws {
    try await StoreRig.with { rig in
      for index in 0..<60 { _ = try await rig.store.create(Self.new("c\(index)"), owner: Self.alice) }
      try await rig.store.requestErasure(of: Self.alice)
      let erasure = try #require(try await rig.store.claimErasures(limit: 1).first)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            repeat {
              _ = try await rig.store.eraseConversations(of: Self.alice, erasure, limit: 7)
            } while try await rig.store.hasConversations(of: Self.alice, erasure)
          }
        }
        group.addTask {
          for index in (0..<60).reversed() {
            _ = try await rig.store.apply([
              rig.event("c\(index)", .words("late"), fence: 2),
              rig.event("c\(59 - index)", .shutdown(reason: nil), fence: 2),
            ])
          }
        }
        try await group.waitForAll()
      }
      #expect(try await rig.scalar("SELECT count(*)::text FROM conversations") == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages") == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM webhook_events") == "120")
    }
  }

  private func delete(_ externalID: String, _ rig: StoreRig) async throws {
    let created = try await rig.scalar(
      "SELECT id::text FROM conversations WHERE external_id = $1", [.text(externalID)])
    var id = created.flatMap { ConversationID($0) }
    if id == nil { id = try await rig.store.create(new(externalID), owner: Self.alice).conversation.id }
    _ = try await rig.store.delete(try #require(id), in: .everyone)
  }

  private func new(_ externalID: String) -> NewConversation { Self.new(externalID) }

  private static func new(_ externalID: String) -> NewConversation {
    NewConversation(externalID: ExternalConversationID(stored: externalID))
  }
}

extension PendingErasure {
  fileprivate var name: String {
    switch subject {
    case .conversation(let id, _): id.text
    case .user(let id): id.text
    }
  }

  fileprivate var acceptedUntil: Timestamp? {
    if case .conversation(_, let until) = subject { until } else { nil }
  }
}

extension StoreRig {
  /// Lets time pass for all erasures, in seconds.
  fileprivate func age(due: Int, requested: Int = 0) async throws {
    _ = try await scalar(
      """
      UPDATE erasures SET due_at = due_at - $1 * interval '1 second', \
      requested_at = requested_at - $2 * interval '1 second' RETURNING ''
      """, [.int(Int64(due)), .int(Int64(requested))])
  }

  fileprivate func pending() async throws -> String? {
    try await scalar(
      "SELECT string_agg(coalesce(external_id, user_id), ' ' ORDER BY coalesce(external_id, user_id) COLLATE \"C\") FROM erasures"
    )
  }

  fileprivate func bury(_ id: String, of conversation: String) async throws {
    let now = Timestamp.now()
    let letter = DeadLetter(
      id: id, conversation: conversation, traceparent: nil, reason: "permanent", failureClass: "Boom",
      message: "boom", deliveries: 1, strikes: 0, enqueuedAt: now, diedAt: now, payloadSize: 6)
    _ = try await store.copy([DeadLetterContent(letter: letter, payload: Array("secret".utf8))])
  }
}

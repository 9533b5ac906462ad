import Cache
import ConversationStore
import Conversations
import Testing

/// Creating, claiming and deleting, also while events arrive.
@Suite struct ConversationWriteTests {
  private static let alice = UserID(stored: "alice")

  @Test("A claim gives the owner what events made before, its messages included")
  func claim() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello"))
      let receipt = try await rig.store.create(new("c", title: "call"), owner: Self.alice)
      #expect(receipt.conversation.userID == Self.alice)
      #expect(receipt.conversation.status == .ended)
      #expect(receipt.conversation.title == "call")
      #expect(try await rig.scalar("SELECT user_id FROM messages") == "alice")
    }
  }

  @Test("Of twenty claims at once one wins")
  func concurrentClaims() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello"))
      let wins = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<20 {
          group.addTask {
            do {
              _ = try await rig.store.create(Self.new("c"), owner: UserID(stored: "u\(index)"))
              return true
            } catch { return (error as? WriteRefusal) != .externalIDTaken }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(wins == 1)
      #expect(
        try await rig.scalar("SELECT (m.user_id = c.user_id)::text FROM messages m, conversations c")
          == "true")
    }
  }

  @Test("Messages inserted while a claim commits belong to the owner afterwards")
  func claimDuringInsert() async throws {
    try await StoreRig.with { rig in
      for index in 0..<50 {
        let name = "c\(index)"
        try await rig.apply(name, .joined)
        async let insert = rig.apply(name, .words("a", "b"), fence: 2)
        async let claim = rig.store.create(Self.new(name), owner: Self.alice)
        _ = try await (insert, claim)
      }
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages WHERE user_id = 'alice'") == "100")
    }
  }

  @Test("A deleted conversation stays deleted when late events arrive, until a service registers it again")
  func tombstone() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("secret"))
      let id = try await rig.store.create(new("c"), owner: Self.alice).conversation.id
      #expect(try await rig.store.delete(id, in: .everyone).invalidated)
      try await rig.apply("c", .words("secret", "again"), fence: 2)
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages") == "0")
      #expect(try await rig.outcomes(of: "c") == "applied,deleted")
      _ = try await rig.store.create(new("c"), owner: Self.alice)
      try await rig.apply("c", .words("anew"), fence: 3)
      #expect(try await rig.messages(of: "c") == "0:user:anew")
    }
  }

  @Test("Events that race with a deletion bring nothing back")
  func deletionRace() async throws {
    try await StoreRig.with { rig in
      for index in 0..<50 {
        let name = "c\(index)"
        let id = try await rig.store.create(Self.new(name), owner: Self.alice).conversation.id
        async let deletion = rig.store.delete(id, in: .everyone)
        async let event = rig.apply(name, .words("late"), fence: 2)
        _ = try await (deletion, event)
      }
      #expect(try await rig.scalar("SELECT count(*)::text FROM conversations") == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM webhook_events") == "50")
    }
  }

  @Test("A registration that races with a deletion leaves a conversation that later events reach")
  func registrationRace() async throws {
    try await StoreRig.with { rig in
      for index in 0..<50 {
        let name = "c\(index)"
        let id = try await rig.store.create(Self.new(name), owner: Self.alice).conversation.id
        async let deletion = rig.store.delete(id, in: .everyone)
        async let registration = Self.register(name, rig)
        _ = try await (deletion, registration)
        try await rig.apply(name, .words("after"), fence: 2)
      }
      let lost = """
        SELECT count(*)::text FROM conversations c WHERE NOT EXISTS \
        (SELECT FROM messages m WHERE m.conversation_id = c.id)
        """
      #expect(try await rig.scalar(lost) == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM webhook_events") == "50")
      let both = """
        SELECT count(*)::text FROM conversations JOIN deleted_conversations \
        ON external_id_sha256 = sha256(convert_to(external_id, 'UTF8'))
        """
      #expect(try await rig.scalar(both) == "0")
    }
  }

  /// True when the conversation is registered; false when it was still somebody's.
  private static func register(_ name: String, _ rig: StoreRig) async throws -> Bool {
    do {
      _ = try await rig.store.create(new(name), owner: alice)
      return true
    } catch WriteRefusal.externalIDTaken { return false }
  }

  @Test("Somebody else's conversation can be neither patched nor deleted")
  func foreign() async throws {
    try await StoreRig.with { rig in
      let id = try await rig.store.create(new("c"), owner: Self.alice).conversation.id
      let bob = OwnerScope.only(UserID(stored: "bob"))
      await #expect(throws: WriteRefusal.notFound) { try await rig.store.delete(id, in: bob) }
      await #expect(throws: WriteRefusal.notFound) {
        try await rig.store.patch(id, .title("his"), in: bob, matches: { _ in true })
      }
      await #expect(throws: WriteRefusal.notFound) { try await rig.store.conversation(id, in: bob) }
      let page = try #require(PageRequest(limit: 10))
      await #expect(throws: WriteRefusal.notFound) {
        try await rig.store.messages(of: id, ListRequest(page: page), in: bob)
      }
      let uncached = ListRequest(page: page, includesTotal: false)
      #expect(try await rig.store.messages(of: id, uncached, in: bob).value.status == 404)
      #expect(try await rig.store.messages(of: id, uncached, in: .only(Self.alice)).value.status == 200)
      await #expect(throws: WriteRefusal.notFound) {
        try await rig.store.delete(.random(), in: .everyone)
      }
    }
  }

  private func new(_ externalID: String, title: String? = nil) -> NewConversation {
    Self.new(externalID, title: title)
  }

  private static func new(_ externalID: String, title: String? = nil) -> NewConversation {
    NewConversation(title: title, externalID: ExternalConversationID(stored: externalID))
  }
}

import Cache
import ConversationStore
import Conversations
import Postgres
import TestSupport
import Testing

/// Creating once, however often it is asked for.
@Suite struct IdempotencyTests {
  private static let anna = UserID(stored: "anna")

  @Test(
    "A repeat is answered as the first request was, whatever became of the conversation, and makes nothing")
  func replay() async throws {
    try await StoreRig.with { rig in
      let first = try await rig.create("k", title: "first")
      guard case .created(let id, _) = first.outcome else { throw Unexpected(first) }
      #expect(!first.isReplay)
      _ = try await rig.store.patch(
        id, try .title("second"), in: .everyone, matches: { _ in true })
      let again = try await rig.create("k", title: "first")
      #expect(again.outcome == first.outcome)
      #expect(again.isReplay && again.invalidated)
      #expect(try await rig.count("conversations") == 1)
    }
  }

  @Test("Keys of other principals and other routes are other keys")
  func scopes() async throws {
    try await StoreRig.with { rig in
      let bert = UserID(stored: "bert")
      let first = try await rig.create("k")
      #expect(try await rig.create("k", principal: bert).isReplay == false)
      #expect(try await rig.create("k", route: "POST /others").isReplay == false)
      #expect(try await rig.create("K").isReplay == false)
      #expect(try await rig.create("k").outcome == first.outcome)
      #expect(try await rig.count("conversations") == 4)
    }
  }

  @Test("The same key with another body is refused, and keeps its first answer")
  func reused() async throws {
    try await StoreRig.with { rig in
      let first = try await rig.create("k", title: "first")
      for _ in 0..<20 {
        let other = try await rig.create("k", title: "other")
        #expect(other.outcome == .refused(.keyReused))
        // The refusal has let go of the key before it was told.
        #expect(try await rig.create("k", title: "first").outcome == first.outcome)
      }
    }
  }

  @Test("Of thirty at once one creates; the others are told its answer, or that it is not there yet")
  func concurrent() async throws {
    try await StoreRig.with { rig in
      let receipts = try await withThrowingTaskGroup(of: CreationReceipt.self) { group in
        for _ in 0..<30 { group.addTask { try await rig.create("k") } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let created = receipts.filter { $0.outcome != .refused(.requestInProgress) }
      let makers = created.filter { !$0.isReplay }
      #expect(makers.count == 1)
      #expect(created.allSatisfy { $0.outcome == created[0].outcome })
      #expect(try await rig.count("conversations") == 1)
      #expect(try await rig.create("k").outcome == created[0].outcome)
    }
  }

  @Test("While one is under way another is refused at once; when that one fails the key is free")
  func inProgress() async throws {
    try await StoreRig.with { rig in
      let external = ExternalConversationID(stored: "c")
      try await rig.database.withConnection { connection in
        try await connection.execute(script: "BEGIN; INSERT INTO conversations (external_id) VALUES ('c')")
        let first = Task { try await rig.create("k", externalID: external) }
        #expect(try await eventually { try await rig.keysInUse() == 1 })
        #expect(
          try await rig.create("k", externalID: external).outcome == .refused(.requestInProgress))
        first.cancel()
        await #expect(throws: (any Error).self) { try await first.value }
        try await connection.execute(script: "ROLLBACK")
      }
      // Its transaction is rolled back a moment after its caller has left.
      #expect(
        try await eventually {
          try await rig.create("k", externalID: external).outcome != .refused(.requestInProgress)
        })
      #expect(try await rig.create("k", externalID: external).isReplay)
      #expect(try await rig.count("conversations") == 1)
    }
  }

  @Test("A refusal is repeated too, even when its reason is gone")
  func refusal() async throws {
    try await StoreRig.with { rig in
      let external = ExternalConversationID(stored: "c")
      let taken = NewConversation(externalID: external)
      let id = try await rig.store.create(taken, owner: Self.anna).conversation.id
      let first = try await rig.create("k", externalID: external)
      #expect((first.outcome, first.isReplay) == (.refused(.externalIDTaken), false))
      #expect(try await rig.store.delete(id, in: .everyone).invalidated)
      let again = try await rig.create("k", externalID: external)
      #expect((again.outcome, again.isReplay) == (.refused(.externalIDTaken), true))
      #expect(try await rig.count("conversations") == 0)
    }
  }

  @Test("A claim is made once, and repeated as it was answered")
  func claim() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello"))
      let external = ExternalConversationID(stored: "c")
      let first = try await rig.create("k", title: "call", externalID: external)
      guard case .created(_, let body) = first.outcome else { throw Unexpected(first) }
      #expect(String(decoding: body, as: UTF8.self).contains(#""status":"ended""#))
      #expect(try await rig.create("k", title: "call", externalID: external).outcome == first.outcome)
    }
  }

  @Test("Of a deleted conversation nothing is kept, and a late repeat does not bring it back")
  func deleted() async throws {
    try await StoreRig.with { rig in
      for (key, deletion) in [
        ("a", "DELETE FROM conversations"), ("b", "TRUNCATE conversations CASCADE"),
      ] {
        _ = try await rig.create(key, title: "secret \(key)")
        try await rig.run(deletion)
        #expect(try await rig.create(key, title: "secret \(key)").outcome == .refused(.creationDeleted))
        #expect(try await rig.scalar("SELECT count(body)::text FROM idempotency_keys") == "0")
        #expect(try await rig.count("conversations") == 0)
      }
    }
  }

  @Test("After 24 hours a key may be used anew, purged or not; younger ones stay")
  func expiry() async throws {
    try await StoreRig.with { rig in
      for key in ["old", "older", "young"] { _ = try await rig.create(key) }
      try await rig.run(
        """
        UPDATE idempotency_keys SET created_at = now() - CASE key WHEN 'young' THEN interval '23 h 59 min' \
        ELSE interval '24 h 1 s' END
        """)
      #expect(try await rig.create("young").isReplay)
      #expect(try await rig.create("old", title: "another").isReplay == false)
      #expect(try await rig.create("old", title: "another").isReplay)
      #expect(try await rig.store.purgeIdempotencyKeys(olderThan: RetentionSettings().idempotencyKeys) == 1)
      #expect(
        try await rig.scalar("SELECT string_agg(key, ' ' ORDER BY key) FROM idempotency_keys") == "old young")
    }
  }

  @Test("A repeat does not forget what the first one, which died, has not invalidated")
  func invalidation() async throws {
    try await StoreRig.with(relays: 1) { rig in
      let filter = ConversationFilter(userID: Self.anna)
      let list = ListRequest(page: try #require(PageRequest()))
      _ = try await rig.create("k")
      // As it would be cached by a reader who came before the commit, and the writer died.
      #expect(try await eventually { try await rig.store.conversations(filter, list).isHit })
      _ = try await rig.create("k")
      #expect(try await !rig.store.conversations(filter, list).isHit)
    }
  }
}

/// What a test cannot go on with.
private struct Unexpected: Error {
  let receipt: CreationReceipt

  init(_ receipt: CreationReceipt) { self.receipt = receipt }
}

extension StoreRig {
  fileprivate func create(
    _ key: String, title: String = "t", externalID: ExternalConversationID? = nil,
    principal: UserID = UserID(stored: "anna"), route: String = "POST /conversations"
  ) async throws -> CreationReceipt {
    let request = try #require(
      IdempotentRequest(key: key, principal: principal, role: .user, route: route, body: Array(title.utf8)))
    return try await store.create(
      NewConversation(title: title, externalID: externalID), owner: principal, once: request)
  }

  /// Requests with a key that are under way.
  fileprivate func keysInUse() async throws -> Int {
    let here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    return try await count("pg_locks WHERE locktype = 'advisory' AND granted AND \(here)")
  }

  fileprivate func count(_ table: String) async throws -> Int {
    Int(try await scalar("SELECT count(*)::text FROM \(table)") ?? "") ?? -1
  }
}

import ConversationStore
import Conversations
import Testing

/// What a batch of events makes of the database.
@Suite struct EventBatchTests {
  @Test("A transcript creates its conversation, unowned and ended, with its messages in order")
  func creates() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello", "hi"))
      #expect(try await rig.messages(of: "c") == "0:user:hello 1:assistant:hi")
      let row = try await rig.scalar(
        "SELECT concat_ws(' ', status, transcript_received, user_id IS NULL) FROM conversations")
      #expect(row == "ended t t")
    }
  }

  @Test("An event delivered again is applied once and leaves the row alone")
  func redelivery() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello"), id: "e1")
      let before = try await rig.scalar("SELECT updated_at::text || xmin::text FROM conversations")
      let receipt = try await rig.apply("c", .words("hello"), id: "e1")
      #expect(receipt.invalidated)
      #expect(try await rig.scalar("SELECT updated_at::text || xmin::text FROM conversations") == before)
      #expect(try await rig.outcomes(of: "c") == "applied")
    }
  }

  @Test("A resend under a new id and time writes no message and leaves the conversation alone")
  func resend() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("hello", "hi"), at: 1000)
      let rows =
        "SELECT string_agg(xmin::text, ',') FROM (SELECT xmin FROM messages UNION ALL SELECT xmin FROM conversations) r"
      let before = try await rig.scalar(rows)
      try await rig.apply("c", .words("hello", "hi"), at: 2000)
      #expect(try await rig.scalar(rows) == before)
      #expect(try await rig.outcomes(of: "c") == "applied,applied")
    }
  }

  @Test("A longer transcript replaces the stored one and keeps the ids of unchanged messages")
  func replacement() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("a", "b"), at: 1000)
      let first = try await rig.scalar("SELECT id::text FROM messages WHERE position = 0")
      try await rig.apply("c", .words("a", "b", "c"), at: 1000)
      #expect(try await rig.messages(of: "c") == "0:user:a 1:assistant:b 2:user:c")
      #expect(try await rig.scalar("SELECT id::text FROM messages WHERE position = 0") == first)
    }
  }

  @Test("A shorter or an older transcript is superseded", arguments: [(["x"], 2000), (["x", "y"], 500)])
  func superseded(words: [String], time: Int) async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("a", "b"), at: 1000)
      let entries = words.enumerated().map { TranscriptEntry(position: $0, role: "user", content: $1) }
      try await rig.apply("c", .transcript(Transcript(entries: entries)), at: Int64(time))
      #expect(try await rig.messages(of: "c") == "0:user:a 1:assistant:b")
      #expect(try await rig.outcomes(of: "c") == "applied,superseded")
    }
  }

  @Test("Positions that the new transcript lacks are removed")
  func surplus() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("a", "b"), at: 1000)
      let entries = [0, 2].map { TranscriptEntry(position: $0, role: "user", content: "n\($0)") }
      try await rig.apply("c", .transcript(Transcript(entries: entries, skipped: 1)), at: 2000)
      #expect(try await rig.messages(of: "c") == "0:user:n0 2:user:n2")
    }
  }

  @Test(
    "Messages that somebody else stored do not stand in a transcript's way; those it has too keep their ids")
  func foreignMessages() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .joined)
      let stored = try await rig.scalar(
        """
        INSERT INTO messages (conversation_id, position, role, content) \
        SELECT id, p, 'user', 'old' FROM conversations, generate_series(0, 2) AS p RETURNING id::text
        """)
      _ = try await rig.store.apply([
        rig.event("c", .words("new", "words")), rig.event("d", .words("others", "are", "fresh")),
      ])
      #expect(try await rig.messages(of: "c") == "0:user:new 1:assistant:words")
      #expect(try await rig.messages(of: "d") == "0:user:others 1:assistant:are 2:user:fresh")
      #expect(try await rig.scalar("SELECT id::text FROM messages WHERE content = 'new'") == stored)
    }
  }

  @Test("New conversations and messages get version 7 ids, a transcript's in its order")
  func timeOrderedIDs() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("one", "two", "three"))
      let versions =
        "SELECT string_agg(substr(id::text, 15, 1), '') FROM (SELECT id FROM messages UNION ALL SELECT id FROM conversations) AS r"
      #expect(try await rig.scalar(versions) == "7777")
      let positions = "SELECT string_agg(position::text, ',' ORDER BY id) FROM messages"
      #expect(try await rig.scalar(positions) == "0,1,2")
    }
  }

  @Test("Events of one batch apply in order, also several of one conversation")
  func batch() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.store.apply([
        rig.event("a", .joined, at: 10), rig.event("b", .joined, at: 20),
        rig.event("a", .words("one"), at: 30), rig.event("a", .words("one", "two"), at: 40),
        rig.event("a", .shutdown(reason: "bye"), at: 50),
      ])
      #expect(try await rig.messages(of: "a") == "0:user:one 1:assistant:two")
      let states = try await rig.scalar(
        "SELECT string_agg(concat_ws(' ', external_id, status, shutdown_reason), ',' ORDER BY external_id) FROM conversations"
      )
      #expect(states == "a ended bye,b active")
    }
  }

  @Test("An event without effect is recorded and creates nothing")
  func ignored() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .other)
      #expect(try await rig.outcomes(of: "c") == "ignored")
      #expect(try await rig.scalar("SELECT count(*)::text FROM conversations") == "0")
    }
  }

  @Test("A worker that wakes up late cannot commit over its successor")
  func fenced() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("c", .words("new", "words"), fence: 8)
      let late = try await rig.store.apply([
        rig.event("c", .words("late", "and", "longer"), fence: 7), rig.event("d", .joined, fence: 7),
      ])
      #expect(late.fenced == [ExternalConversationID(stored: "c"): 8])
      #expect(try await rig.messages(of: "c") == "0:user:new 1:assistant:words")
      #expect(try await rig.outcomes(of: "d") == "applied")
    }
  }

  @Test("External ids that differ only in normalisation or case are different conversations")
  func bytewise() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.store.apply([
        rig.event("caf\u{E9}", .joined), rig.event("cafe\u{301}", .joined), rig.event("CAF\u{C9}", .joined),
      ])
      #expect(try await rig.scalar("SELECT count(*)::text FROM conversations") == "3")
    }
  }

  @Test("Batches over the same conversations in opposite order do not deadlock")
  func lockOrder() async throws {
    try await StoreRig.with { rig in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          group.addTask {
            let names = index % 2 == 0 ? ["a", "b", "c", "d"] : ["d", "c", "b", "a"]
            _ = try await rig.store.apply(
              names.map { rig.event($0, .words("w\(index)"), at: Int64(index), fence: Int64(index + 1)) })
          }
        }
        try await group.waitForAll()
      }
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages") == "4")
    }
  }
}

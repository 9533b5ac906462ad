import ConversationStore
import Conversations
import Postgres
import Testing

/// The table of dead letters.
@Suite struct DeadLetterTests {
  private func letter(_ id: String, diedAt: Int64 = 1000, failureClass: String = "Boom") -> DeadLetterContent
  {
    let letter = DeadLetter(
      id: id, conversation: "talk", traceparent: "t\0p", reason: "perma\0nent", failureClass: failureClass,
      message: "nul \0 here", deliveries: 2, strikes: 1, enqueuedAt: Timestamp(millisecondsSinceEpoch: 5),
      diedAt: Timestamp(millisecondsSinceEpoch: diedAt), payloadSize: 3)
    return DeadLetterContent(letter: letter, payload: [0, 255, 1])
  }

  @Test("A copy is kept whole, and made again changes nothing")
  func copies() async throws {
    try await StoreRig.with { rig in
      #expect(try await rig.store.copy([letter("a"), letter("b")])?.committed == [])
      #expect(try await rig.store.copy([letter("a")])?.committed == [])
      let stored = try #require(try await rig.store.unresolvedLetters(["a", "x"]).first)
      #expect(stored.payload == [0, 255, 1])
      #expect(stored.letter.message == "nul \u{FFFD} here")
      #expect(stored.letter.diedAt == Timestamp(millisecondsSinceEpoch: 1000))
      #expect(try await rig.scalar("SELECT count(*)::text FROM dead_letters") == "2")
    }
  }

  @Test("An event that committed is no dead letter")
  func committed() async throws {
    try await StoreRig.with { rig in
      try await rig.apply("talk", .joined, id: "a")
      #expect(try await rig.store.copy([letter("a"), letter("b")])?.committed == ["a"])
      #expect(try await rig.scalar("SELECT string_agg(event_id, ',') FROM dead_letters") == "b")
    }
  }

  @Test("While one worker copies another one does not")
  func oneAtATime() async throws {
    try await StoreRig.with { rig in
      try await rig.database.withTransaction { connection in
        _ = try await connection.query(
          .init("hold", "SELECT pg_try_advisory_xact_lock(\(0x66_7265_7368_02))"))
        #expect(try await rig.store.copy([letter("a")]) == nil)
      }
      #expect(try await rig.store.copy([letter("a")]) != nil)
    }
  }

  @Test("Only what Redis has forgotten is listed and counted, until it is resolved")
  func purged() async throws {
    try await StoreRig.with { rig in
      let letters = ["a", "b", "c"].enumerated().map { letter($1, diedAt: Int64(1000 + $0 / 2)) }
      _ = try await rig.store.copy(
        letters + [letter("here"), letter("other", diedAt: 3, failureClass: "Other")])
      #expect(try await rig.store.markPurged(["a", "b", "c", "other", "x"]) == ["a", "b", "c", "other"])
      let far = Timestamp(millisecondsSinceEpoch: 9_000_000)
      let first = try await rig.store.purgedLetters(after: nil, until: far, failureClass: "Boom", limit: 2)
      #expect(first.map(\.id) == ["a", "b"])
      let second = try await rig.store.purgedLetters(
        after: first.last, until: far, failureClass: nil, limit: 2)
      #expect(second.map(\.id) == ["c"])
      #expect(try await rig.store.newestPurgedLetters(limit: 2, failureClass: nil).map(\.id) == ["c", "b"])
      #expect(try await rig.store.purgedCounts() == ["Boom": 3, "Other": 1])
      try await rig.store.resolve(["a", "here"], as: .replayed)
      let contents =
        "SELECT string_agg(event_id, ' ' ORDER BY event_id) FROM dead_letters WHERE payload IS NOT NULL"
      #expect(try await rig.scalar(contents) == "b c other")
      #expect(try await rig.store.purgedCounts() == ["Boom": 2, "Other": 1])
      #expect(try await rig.store.markPurged(["a"]) == [])
      // It dies again.
      _ = try await rig.store.copy([letter("a", diedAt: 5000)])
      #expect(try await rig.store.unresolvedLetters(["a"]).count == 1)
      #expect(try await rig.store.purgedCounts() == ["Boom": 2, "Other": 1])
    }
  }

  @Test("A copy of a death that was over by then is taken back; one of another death stays")
  func withdrawn() async throws {
    try await StoreRig.with { rig in
      _ = try await rig.store.copy([letter("a", diedAt: 1), letter("b", diedAt: 2)])
      try await rig.store.withdraw([letter("a", diedAt: 1).letter, letter("b", diedAt: 1).letter])
      #expect(try await rig.scalar("SELECT string_agg(event_id, ',') FROM dead_letters") == "b")
    }
  }
}

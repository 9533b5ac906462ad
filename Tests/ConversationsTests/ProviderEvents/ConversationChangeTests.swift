import Testing

@testable import Conversations

@Suite("What an event makes of a conversation")
struct ConversationChangeTests {
  private static let early = Timestamp(millisecondsSinceEpoch: 1_000_000)
  private static let late = Timestamp(millisecondsSinceEpoch: 2_000_000)

  private func change(
    _ content: ProviderEvent.Content, at time: Timestamp = early, to state: ConversationState?
  ) throws -> ConversationChange {
    let id = try #require(ExternalConversationID("c"))
    let type = try #require(EventType("t"))
    let event = ProviderEvent(conversationID: id, type: type, timestamp: nil, content: content)
    return try ConversationChange.applying(event, at: time, to: state)
  }

  private func transcript(_ count: Int) -> Transcript {
    Transcript(entries: (0..<count).map { TranscriptEntry(position: $0, role: "user", content: "x") })
  }

  @Test("Joins activate what is pending, and fill the start once", arguments: ConversationStatus.allCases)
  func joined(_ status: ConversationStatus) throws {
    let change = try change(.joined, to: ConversationState(status: status))
    #expect(change.outcome == .applied)
    #expect(change.state?.status == (status == .pending ? .active : status))
    #expect(change.state?.startedAt == Self.early)
    let again = try self.change(.joined, at: Self.late, to: change.state)
    #expect(again.state == change.state)
  }

  @Test("A shutdown ends what is not over; failed stays failed", arguments: ConversationStatus.allCases)
  func shutdown(_ status: ConversationStatus) throws {
    let change = try change(.shutdown(reason: "r"), to: ConversationState(status: status))
    #expect(change.state?.status == (status == .failed ? .failed : .ended))
    #expect(change.state?.endedAt == Self.early)
    #expect(change.state?.shutdownReason == "r")
  }

  @Test("Every event but the unknown creates the conversation it is about")
  func creates() throws {
    let effects: [ProviderEvent.Content] = [
      .joined, .shutdown(reason: nil), .transcript(transcript(0)), .recording(url: "u"),
      .perceptionAnalysis([0x31]),
    ]
    for content in effects { #expect(try change(content, to: nil).state != nil) }
    let unknown = try change(.other, to: nil)
    #expect(unknown.outcome == .ignored)
    #expect(unknown.state == nil)
  }

  @Test("A transcript marks, ends, and dates the end where nothing else did")
  func transcriptEffects() throws {
    let change = try change(.transcript(transcript(3)), to: ConversationState(status: .active))
    #expect(change.outcome == .applied)
    #expect(change.replacement?.entries.count == 3)
    #expect(change.state?.transcriptReceived == true)
    #expect(change.state?.status == .ended)
    #expect(change.state?.endedAt == Self.early)
    #expect(change.state?.transcript == .init(entryCount: 3, eventTime: Self.early))
    let known = ConversationState(status: .failed, endedAt: Self.late)
    #expect(try self.change(.transcript(transcript(3)), to: known).state?.endedAt == Self.late)
    #expect(try self.change(.transcript(transcript(3)), to: known).state?.status == .failed)
  }

  @Test(
    "A transcript replaces the stored one unless it is shorter or older",
    arguments: [
      (3, 0, 3, 0, true), (3, 0, 4, 0, true), (3, 0, 4, 1, true), (3, 0, 3, 1, true), (3, 0, 2, 0, false),
      (3, 0, 2, 1, false),
      (3, 1, 3, 0, false), (3, 1, 4, 0, false), (0, 0, 0, 0, true), (0, 1, 5, 0, false), (3, nil, 3, 0, true),
      (3, nil, 2, 1, false),
    ] as [(Int, Int64?, Int, Int64, Bool)])
  func replaces(stored: Int, storedAt: Int64?, count: Int, at: Int64, isApplied: Bool) throws {
    let storedTime = storedAt.map { Timestamp(millisecondsSinceEpoch: $0) }
    let state = ConversationState(
      status: .ended, transcriptReceived: true, transcript: .init(entryCount: stored, eventTime: storedTime))
    let change = try change(
      .transcript(transcript(count)), at: Timestamp(millisecondsSinceEpoch: at), to: state)
    #expect(change.outcome == (isApplied ? .applied : .superseded))
    #expect((change.replacement != nil) == isApplied)
    if !isApplied { #expect(change.state == state) }
  }

  @Test("The same transcript again, under a later time, changes no column of the row")
  func resend() throws {
    let first = try #require(try change(.transcript(transcript(3)), to: nil).state)
    let second = try #require(try change(.transcript(transcript(3)), at: Self.late, to: first).state)
    #expect(!second.differsInRow(from: first))
    #expect(second.transcript?.eventTime == Self.late)
  }

  @Test("A shutdown corrects the end a transcript implied, in whatever order they come")
  func shutdownAfterTranscript() throws {
    let ended = try change(.transcript(transcript(1)), at: Self.early, to: nil).state
    let corrected = try change(.shutdown(reason: "r"), at: Self.late, to: ended)
    #expect(corrected.state?.endedAt == Self.late)
    let shutDown = try change(.shutdown(reason: "r"), at: Self.late, to: nil).state
    #expect(try change(.transcript(transcript(1)), at: Self.early, to: shutDown).state?.endedAt == Self.late)
  }

  @Test("Of two shutdowns the earlier counts, in whatever order they come, and a resend changes nothing")
  func twoShutdowns() throws {
    let one = try change(.shutdown(reason: "a"), at: Self.early, to: nil).state
    let both = try change(.shutdown(reason: "b"), at: Self.late, to: one).state
    let other = try change(.shutdown(reason: "b"), at: Self.late, to: nil).state
    let reversed = try change(.shutdown(reason: "a"), at: Self.early, to: other).state
    #expect(both == one)
    #expect(reversed == one)
  }

  @Test("Events in any order end in the same conversation")
  func anyOrder() throws {
    let events: [(ProviderEvent.Content, Timestamp)] = [
      (.joined, Timestamp(millisecondsSinceEpoch: 10)),
      (.shutdown(reason: "r"), Timestamp(millisecondsSinceEpoch: 20)),
      (.transcript(transcript(2)), Timestamp(millisecondsSinceEpoch: 30)),
      (.recording(url: "u"), Timestamp(millisecondsSinceEpoch: 40)),
      (.perceptionAnalysis(Array("{}".utf8)), Timestamp(millisecondsSinceEpoch: 50)),
    ]
    let results = try permutations(events.indices.map { $0 }).map { order in
      try order.reduce(nil as ConversationState?) { state, index in
        try change(events[index].0, at: events[index].1, to: state).state
      }
    }
    #expect(results.count == 120)
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0]?.status == .ended)
    #expect(results[0]?.endedAt == Timestamp(millisecondsSinceEpoch: 20))
  }

  @Test("An analysis equal by value leaves the metadata to the byte; others join the client's members")
  func perception() throws {
    let stored = ConversationState(
      metadata: Array(#"{"z": 1, "perceptionAnalysis": {"b": 1.0, "a": "x"}}"#.utf8))
    #expect(try change(.perceptionAnalysis(Array(#"{"a":"x","b":1}"#.utf8)), to: stored).state == stored)
    let changed = try change(.perceptionAnalysis(Array(#""new""#.utf8)), to: stored)
    #expect(changed.state?.metadata.text == #"{"perceptionAnalysis":"new","z":1}"#)
  }

  @Test("A recording sets its place, and again changes nothing")
  func recording() throws {
    let state = try change(.recording(url: "u"), to: nil).state
    #expect(state?.recordingURL == "u")
    #expect(state?.status == .pending)
    #expect(try change(.recording(url: "u"), to: state).state == state)
  }

  private func permutations(_ items: [Int]) -> [[Int]] {
    guard let first = items.first else { return [[]] }
    return permutations(Array(items.dropFirst())).flatMap { rest in
      (0...rest.count).map { index in rest[..<index] + [first] + rest[index...] }
    }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("What events make of a conversation")
  struct LifecycleTests {
    @Test("A call as it usually goes: joined, shut down, transcribed, recorded, analysed")
    func usualCall() async throws {
      let call = try await Call()
      try await call.send("system.replica_joined", at: 10)
      var state = try await call.state()
      #expect((state.status, state.startedAt, state.endedAt) == ("active", ProviderEvent.time(10), nil))
      try await call.send("system.shutdown", ["shutdown_reason": "participant_left_timeout"], at: 60)
      state = try await call.state()
      #expect((state.status, state.endedAt) == ("ended", ProviderEvent.time(60)))
      #expect(state.shutdownReason == "participant_left_timeout")
      #expect(!state.transcriptReceived)
      try await call.transcribe(["Hello", "Hi"], at: 70)
      state = try await call.state()
      #expect(
        (state.status, state.transcriptReceived, state.endedAt) == ("ended", true, ProviderEvent.time(60)))
      try await call.send("application.recording_ready", ["storage_uri": "s3://films/1.mp4"], at: 80)
      #expect(try await call.state().recordingUrl == "s3://films/1.mp4")
      try await call.send("application.perception_analysis", ["analysis": "She looks happy."], at: 90)
      state = try await call.state()
      #expect((state.startedAt, state.userId) == (ProviderEvent.time(10), call.owner))
      let metadata = try await call.object()["metadata"] as? [String: Any]
      #expect(metadata?["perceptionAnalysis"] != nil)
      #expect(try await call.outcomes() == Array(repeating: "applied", count: 5))
    }

    @Test("Both names of the join start a conversation; the second changes nothing")
    func joinedTwice() async throws {
      let call = try await Call()
      try await call.send("system.pal_joined", at: 5)
      let first = try await call.answer()
      try await call.send("system.replica_joined", at: 6)
      let second = try await call.answer()
      #expect(try first.decoded(ConversationBody.self).status == "active")
      #expect(second.body == first.body && second.field("ETag") == first.field("ETag"))
    }

    @Test("The other name of the reason, and a recording by bucket and key")
    func otherNames() async throws {
      let call = try await Call()
      try await call.send("system.shutdown", ["reason": "max_call_duration reached"], at: 60)
      try await call.send(
        "application.recording_ready", ["bucket_name": "films", "s3_key": "a/2.mp4"], at: 61)
      let state = try await call.state()
      #expect(
        (state.shutdownReason, state.recordingUrl) == ("max_call_duration reached", "s3://films/a/2.mp4"))
    }

    @Test("Events in the wrong order never lower the status; a late shutdown corrects the end")
    func outOfOrder() async throws {
      let call = try await Call()
      try await call.transcribe(["Hello"], at: 100)
      #expect(try await call.state().endedAt == ProviderEvent.time(100))
      try await call.send("system.replica_joined", at: 10)
      var state = try await call.state()
      #expect((state.status, state.transcriptReceived) == ("ended", true))
      #expect(state.startedAt == ProviderEvent.time(10))
      try await call.send("system.shutdown", ["shutdown_reason": "left"], at: 90)
      state = try await call.state()
      #expect(
        (state.status, state.endedAt, state.shutdownReason) == ("ended", ProviderEvent.time(90), "left"))
    }

    @Test("What a user marked as failed stays failed")
    func failedStays() async throws {
      let call = try await Call()
      #expect(try await call.client.patch(call.path, ["status": "failed"]).status == 200)
      try await call.send("system.replica_joined", at: 10)
      try await call.send("system.shutdown", ["shutdown_reason": "left"], at: 20)
      try await call.transcribe(["Hello"], at: 30)
      let state = try await call.state()
      #expect((state.status, state.transcriptReceived) == ("failed", true))
    }

    @Test("A transcript replaces the stored one when it is as long and not older; otherwise it is superseded")
    func transcripts() async throws {
      let call = try await Call()
      try await call.transcribe(["a1", "a2"], at: 100)
      try await call.transcribe(["b1", "b2"], at: 100)
      #expect(try await call.messages() == ["b1", "b2"])
      try await call.transcribe(["older", "and", "longer"], at: 99)
      try await call.transcribe(["shorter"], at: 200)
      #expect(try await call.messages() == ["b1", "b2"])
      try await call.transcribe(["c1", "c2", "c3"], at: 300)
      #expect(try await call.messages() == ["c1", "c2", "c3"])
      #expect(try await call.outcomes() == ["applied", "applied", "superseded", "superseded", "applied"])
    }

    @Test("A resend moves neither updatedAt nor ETag, and leaves what is cached a hit")
    func resend() async throws {
      let call = try await Call()
      try await call.transcribe(["a", "b"], at: 100)
      let pages = "\(call.path)/messages"
      #expect(try await eventually { try await call.client.get(pages).isHit })
      #expect(try await eventually { try await call.client.get(call.path).isHit })
      let before = try await call.answer()
      let page = try await call.client.get(pages)
      try await call.transcribe(["a", "b"], at: 101)
      let after = try await call.client.getThroughCache(call.path)
      let pageAfter = try await call.client.getThroughCache(pages)
      #expect(after.body == before.body && after.field("ETag") == before.field("ETag"))
      #expect(pageAfter.body == page.body && pageAfter.field("ETag") == page.field("ETag"))
      #expect(after.isHit && pageAfter.isHit)
    }

    @Test("An event from the future counts as five minutes ahead at most; one without a time as of now")
    func eventTimes() async throws {
      let call = try await Call()
      let start = Date()
      try await call.post([
        "conversation_id": call.externalID, "event_type": "system.shutdown",
        "timestamp": "2099-01-01T00:00:00Z",
      ])
      let end = try #require(ProviderTime.milliseconds(try await call.state().endedAt))
      let ahead = Double(end) / 1000 - start.timeIntervalSince1970
      #expect((299..<330).contains(ahead))
      try await call.post(["conversation_id": call.externalID, "event_type": "system.replica_joined"])
      let joined = try #require(ProviderTime.milliseconds(try await call.state().startedAt))
      #expect((-1..<30).contains(Double(joined) / 1000 - start.timeIntervalSince1970))
    }

    @Test("An unknown event is recorded and changes nothing")
    func unknownEvent() async throws {
      let call = try await Call()
      let before = try await call.answer()
      try await call.send("application.not_yet_invented", ["x": 1])
      #expect(try await call.answer().body == before.body)
      #expect(try await call.outcomes() == ["ignored"])
    }

    @Test("Clients keep their metadata when an analysis arrives, and cannot touch the analysis")
    func perceptionAnalysis() async throws {
      let call = try await Call()
      #expect(try await call.client.patch(call.path, ["metadata": ["mine": 1]]).status == 200)
      try await call.send("application.perception_analysis", ["analysis": "calm"])
      let cleared = try await call.client.patch(call.path, ["metadata": NSNull()])
      #expect(cleared.status == 200)
      let metadata = try #require(try await call.object()["metadata"] as? [String: Any])
      #expect(Set(metadata.keys) == ["perceptionAnalysis"])
      let large = String(repeating: "é", count: 200_000)
      try await call.send("application.perception_analysis", ["analysis": large], at: 9)
      let answer = try await call.answer()
      #expect(answer.status == 200)
      #expect((100_000..<300_000).contains(answer.body.count))
    }
  }
}

/// A registered call and its owner.
private struct Call: Sendable {
  let api: API
  let owner: String
  let externalID: String
  let path: String

  init() async throws {
    api = try await SharedSystem.api()
    owner = Name.user()
    externalID = Name.externalID()
    path = "/conversations/\(try await api.register(externalID, owner: owner).id)"
  }

  var client: Client { api.client(owner) }

  func send(_ type: String, _ properties: [String: Any] = [:], at seconds: Int = 0) async throws {
    try await settle(try ProviderEvent.make(type, externalID, properties, at: seconds))
  }

  func transcribe(_ contents: [String], at seconds: Int) async throws {
    try await settle(try ProviderEvent.transcript(externalID, contents, at: seconds))
  }

  func post(_ event: [String: Any]) async throws { try await settle(try JSON.bytes(event)) }

  func answer() async throws -> Answer { try await client.get(path) }

  func state() async throws -> ConversationBody { try await answer().decoded() }

  func object() async throws -> [String: Any] { try await answer().object() }

  func messages() async throws -> [String] {
    try await client.get("\(path)/messages").decoded(Page<MessageBody>.self).items.map(\.content)
  }

  /// Those of all its events so far, in the order they were processed.
  func outcomes() async throws -> [String] {
    try await api.system.rows(
      "SELECT outcome FROM webhook_events WHERE external_id = '\(externalID)' ORDER BY processed_at"
    ).map { $0[0] }
  }

  private func settle(_ event: Data) async throws {
    try await api.accept([event])
    try await api.system.waitUntilSettled(event)
  }
}

import Testing

@testable import Conversations

@Suite("Provider events")
struct ProviderEventTests {
  private func event(_ type: String, _ properties: String, timestamp: String = "null") throws -> ProviderEvent
  {
    let text =
      #"{"properties":\#(properties),"timestamp":\#(timestamp),"conversation_id":"c","event_type":"\#(type)"}"#
    return try ProviderEvent(decoding: Array(text.utf8).span)
  }

  private func transcript(_ entries: String) throws -> Transcript? {
    let event = try event("application.transcription_ready", #"{"transcript":[\#(entries)]}"#)
    guard case .transcript(let transcript) = event.content else { return nil }
    return transcript
  }

  @Test(
    "Each kind is understood; what lacks its subject has no effect",
    arguments: [
      ("system.replica_joined", "{}", .joined), ("system.pal_joined", "null", .joined),
      ("system.shutdown", #"{"shutdown_reason":"timeout","reason":"x"}"#, .shutdown(reason: "timeout")),
      ("system.shutdown", #"{"reason":"bye"}"#, .shutdown(reason: "bye")),
      ("system.shutdown", "[]", .shutdown(reason: nil)),
      ("system.shutdown", #"{"shutdown_reason":"","reason":"a\u0000"}"#, .shutdown(reason: "a\u{FFFD}")),
      (
        "application.recording_ready", #"{"storage_uri":"https://x/y","s3_key":"k"}"#,
        .recording(url: "https://x/y")
      ),
      (
        "application.recording_ready", #"{"bucket_name":"b","s3_key":"k/1","duration":3}"#,
        .recording(url: "s3://b/k/1")
      ),
      ("application.recording_ready", #"{"bucket_name":"b"}"#, .other),
      ("application.recording_ready", "7", .other),
      (
        "application.perception_analysis", #"{"analysis":"seen\u0000"}"#,
        .perceptionAnalysis(Array("\"seen\u{FFFD}\"".utf8))
      ),
      (
        "application.perception_analysis", #"{"analysis":{"b":1,"a":2}}"#,
        .perceptionAnalysis(Array(#"{"a":2,"b":1}"#.utf8))
      ),
      (
        "application.perception_analysis", #"{"gaze":"left"}"#,
        .perceptionAnalysis(Array(#"{"gaze":"left"}"#.utf8))
      ),
      ("application.perception_analysis", #"{"analysis":null}"#, .other),
      ("application.perception_analysis", "{}", .other),
      ("application.invented_in_2028", #"{"transcript":[{"role":"user"}]}"#, .other),
      ("SYSTEM.SHUTDOWN", "{}", .other),
    ] as [(String, String, ProviderEvent.Content)])
  func kinds(_ type: String, _ properties: String, _ content: ProviderEvent.Content) throws {
    let event = try event(type, properties)
    #expect(event.content == content)
    #expect(event.type.text == type)
  }

  @Test(
    "An entry becomes a message with a role and a text, whatever was sent",
    arguments: [
      (#"{"role":"user","content":"hi"}"#, "user", "hi"), (#"{"role":1,"content":"a"}"#, "unknown", "a"),
      (#"{"content":"a"}"#, "unknown", "a"), (#"{"role":"user"}"#, "user", ""),
      (#"{"role":"","content":"a"}"#, "", "a"),
      (#"{"role":"assistant","content":null,"tool_calls":[]}"#, "assistant", ""),
      (#"{"role":"user","content":42}"#, "user", "42"),
      (#"{"role":"tool","content":{"rows": [1,2]}}"#, "tool", #"{"rows": [1,2]}"#),
      (#"{"role":"user","content":true}"#, "user", "true"),
      (#"{"role":"u\u0000","content":"a\u0000\ud800"}"#, "u\u{FFFD}", "a\u{FFFD}\u{FFFD}"),
      (#"{"role":null,"content":"x"}"#, "unknown", "x"),
    ])
  func entries(_ entry: String, _ role: String, _ content: String) throws {
    #expect(try transcript(entry)?.entries == [TranscriptEntry(position: 0, role: role, content: content)])
  }

  @Test("What is no object, or has neither role nor content, is skipped, counted, and leaves a gap")
  func skipped() throws {
    let transcript = try transcript(#""hi",{"role":"user"},["x"],1,null,{},{"timestamp":1},{"content":"b"}"#)
    #expect(transcript?.entries.map(\.position) == [1, 7])
    #expect(transcript?.skipped == 6)
  }

  @Test("An entry's time is read in any form, and nonsense costs the time, not the message")
  func entryTimes() throws {
    let times = [
      #""2026-08-11T23:02:15Z""#, "1786489335", "1786489335000", #""1786489335""#, "1e400", "true", #""x""#,
      "-1", "null", "{}",
    ]
    let transcript = try transcript(
      times.map { #"{"role":"user","timestamp":\#($0)}"# }.joined(separator: ","))
    let expected = Timestamp(millisecondsSinceEpoch: 1_786_489_335_000)
    #expect(
      transcript?.entries.map(\.spokenAt) == Array(repeating: expected, count: 4)
        + Array(repeating: nil, count: 6))
  }

  @Test("An analysis over 256 KiB is cut at a character and says so")
  func cut() throws {
    let text = "\"" + String(repeating: "é\\n", count: 90_000) + "\""
    let list = "[" + Array(repeating: "[\"é\",\"é\"]", count: 40_000).joined(separator: ",") + "]"
    for body in [text, list] {
      let event = try event("application.perception_analysis", "{\"analysis\":" + body + "}")
      guard case .perceptionAnalysis(let analysis) = event.content else {
        Issue.record("no analysis")
        return
      }
      #expect((262_137...262_144).contains(analysis.count))
      #expect(analysis.text.hasSuffix("… [cut]\""))
      #expect(fault(in: analysis) == nil)
    }
  }

  @Test("The event's time is the provider's, at most five minutes ahead, else that of receipt")
  func eventTime() throws {
    let receipt = Timestamp(millisecondsSinceEpoch: 1_786_489_335_000)
    func time(_ timestamp: String) throws -> Timestamp {
      try event("x", "{}", timestamp: timestamp).time(receivedAt: receipt)
    }
    #expect(try time("null") == receipt)
    #expect(try time(#""nonsense""#) == receipt)
    #expect(try time("1786489000") == Timestamp(millisecondsSinceEpoch: 1_786_489_000_000))
    #expect(try time("1786489635") == receipt + .seconds(300))
    #expect(try time("1786489636") == receipt + .seconds(300))
    #expect(try time("4000000000") == receipt + .seconds(300))
  }

  @Test("A payload that is no webhook is refused", arguments: ["", "{}", "[]", #"{"conversation_id":"c"}"#])
  func refused(_ payload: String) {
    #expect(
      rejection { () throws(RequestRejection) in try ProviderEvent(decoding: Array(payload.utf8).span) }
        != nil)
  }
}

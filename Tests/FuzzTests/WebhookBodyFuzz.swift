import Conversations
import TestSupport
import Testing

/// Bodies of webhooks, as the intake and then the worker read them.
struct WebhookBodyFuzz: FuzzTarget {
  let name = "webhook bodies"
  let dictionary = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "\u{FEFF}", "\\u0000", "\\ud800",
    "\\udc00",
    "\\ud83d\\ude00", "\\u00", "1e999", "-0", "0.1e-7", "\"conversation_id\":", "\"event_type\":",
    "\"properties\":",
    "\"transcript\":", "\"webhook_url\":\"https://x/?token=t\",", "\"timestamp\":",
    "\"2026-01-01T00:00:00Z\"",
    "\"role\":\"user\"", "\"content\":", "\"application.transcription_ready\"", "\"system.shutdown\"",
    "\"application.recording_ready\"", "\"application.perception_analysis\"", "\"webhook\\u005furl\":1,",
    String(repeating: "[", count: 520), String(repeating: "{\"a\":", count: 300), "\u{1}", "\u{7F}",
    " \t\r\n",
  ]
  let seeds = [
    #"{"conversation_id":"c1","event_type":"system.replica_joined","timestamp":"2026-01-02T03:04:05.678Z"}"#,
    #"{"conversation_id":"c1","event_type":"system.shutdown","properties":{"shutdown_reason":"left"},"timestamp":1}"#,
    #"{"properties":{"transcript":[{"role":"user","content":"Hi \u00e9","timestamp":1700000000.5},"#
      + #"{"role":7,"content":{"a":[1]}},null]},"conversation_id":"c","event_type":"application.transcription_ready"}"#,
    #"{"webhook_url":"https://h/?token=s","conversation_id":"c","event_type":"application.recording_ready","#
      + #""properties":{"bucket_name":"b","s3_key":"k"},"webhook_url":2}"#,
    #"{"conversation_id":"c","event_type":"application.perception_analysis","properties":{"analysis":"x"}}"#,
    "\u{FEFF}{}", "[]", "",
  ].map { Array($0.utf8) }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    let envelope: WebhookEnvelope
    do { envelope = try WebhookEnvelope(body: input) } catch {
      return .refused("\(error.code.rawValue): \(error.detail)")
    }
    guard (1...128).contains(envelope.conversationID.text.unicodeScalars.count) else {
      throw FuzzFinding(description: "an id outside its limits was accepted")
    }
    let again = try accepted(envelope.payload, "what the intake queues, it must accept itself")
    guard again.conversationID == envelope.conversationID, again.eventType == envelope.eventType else {
      throw FuzzFinding(description: "the queued payload names another conversation or type")
    }
    guard again.payload == envelope.payload else {
      throw FuzzFinding(description: "the queued payload still holds what is removed")
    }
    do {
      let event = try ProviderEvent(decoding: envelope.payload.span)
      return .accepted("\(event.content)".prefix { $0 != "(" }.description)
    } catch {
      throw FuzzFinding(description: "the worker refuses what the intake queued: \(error)")
    }
  }

  private func accepted(_ payload: [UInt8], _ promise: String) throws -> WebhookEnvelope {
    do { return try WebhookEnvelope(body: payload) } catch {
      throw FuzzFinding(description: "\(promise): \(error)")
    }
  }
}

extension FuzzTests {
  @Test(
    "Whatever a webhook's body holds, what is queued can be read, names the same and lacks the callback URL")
  func webhookBodies() async throws {
    var fuzzer = try Fuzzer(WebhookBodyFuzz())
    try await fuzzer.run()
  }
}

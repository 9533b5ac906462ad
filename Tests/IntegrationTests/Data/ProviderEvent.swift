import Foundation

/// Events of our own making, in the provider's format.
enum ProviderEvent {
  /// Any event; `seconds` is its time, counted from a fixed day in the past.
  static func make(
    _ type: String, _ externalID: String, _ properties: [String: Any] = [:], at seconds: Int = 0
  ) throws -> Data {
    try JSON.bytes([
      "conversation_id": externalID, "event_type": type, "properties": properties,
      "message_type": type.hasPrefix("system.") ? "system" : "application",
      "webhook_url": "https://freshet.example/webhooks/tavus?token=must-not-be-kept",
      "timestamp": time(seconds),
    ])
  }

  /// A transcript whose entries are spoken by user and assistant in turn.
  static func transcript(_ externalID: String, _ contents: [String], at seconds: Int = 0) throws -> Data {
    let entries = contents.enumerated().map { index, content in
      ["role": index.isMultiple(of: 2) ? "user" : "assistant", "content": content]
    }
    return try make("application.transcription_ready", externalID, ["transcript": entries], at: seconds)
  }

  /// The fixed day plus `seconds`, in RFC 3339 with milliseconds.
  static func time(_ seconds: Int) -> String {
    let date = Date(timeIntervalSince1970: Double(1_750_000_000 + seconds))
    return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

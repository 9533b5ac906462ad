import Foundation
import Testing

/// Transcripts to post: the provider's thousand, or where they are absent some of our own.
struct DialogueSet: Sendable {
  let bodies: [Data]

  static func load() throws -> DialogueSet {
    if let bodies = ProviderData.lines(of: "transcripts.ndjson") {
      #expect(bodies.count == 1000)
      return DialogueSet(bodies: bodies)
    }
    return DialogueSet(bodies: try (0..<60).map(dialogue))
  }

  /// Deterministic small talk in the three shapes the provider sends: bare, with epoch seconds, with ISO times.
  private static func dialogue(_ number: Int) throws -> Data {
    let start = 1_750_000_000 + number * 1000
    let entries = (0..<(2 + number % 31)).map { index in
      var entry: [String: Any] = [
        "role": index.isMultiple(of: 2) ? "user" : "assistant",
        "content": "\(phrases[(number * 7 + index) % phrases.count]) (\(number).\(index))",
      ]
      let time = Double(start + index * 4) + 0.125
      switch number % 3 {
      case 1: entry["timestamp"] = time
      case 2:
        entry["timestamp"] = Date(timeIntervalSince1970: time)
          .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
      default: break
      }
      return entry
    }
    return try ProviderEvent.make(
      "application.transcription_ready", "own-dialogue-\(number)", ["transcript": entries], at: number)
  }

  private static let phrases = [
    "Good morning, is the ferry running today?", "It is, every twenty minutes until ten.",
    "Und wie lange dauert die Überfahrt?", "大约十五分钟。", "そうですか、ありがとう。", "Combien ça coûte, s’il vous plaît ?",
    "Two \"day\" tickets \\ one bicycle\tand a dog 🐕‍🦺", "cafe\u{301} and café", "Line one\nline two", "",
    "</script> '; -- {{ }} %s \u{2028}", "مرحبا، أين المحطة؟", "\u{7f}\u{1}a\u{FEFF}b",
  ]
}

import Foundation
import Testing

/// The provider's edge cases, or where they are absent a few of our own.
enum EdgeCaseSet {
  static func load() throws -> [EdgeCase] {
    if let lines = ProviderData.lines(of: "edge_cases.ndjson") {
      return try lines.map { try EdgeCase(line: $0) }
    }
    let first = try ProviderEvent.transcript("own-edge-1", ["Is anybody there?", "Yes, I am."], at: 10)
    return [
      EdgeCase("own_first", .accept, first, entries: 2),
      EdgeCase("own_again", .ignore, first, after: "own_first"),
      EdgeCase(
        "own_resend", .ignore,
        try ProviderEvent.transcript("own-edge-1", ["Is anybody there?", "Yes, I am."], at: 20),
        after: "own_again"),
      EdgeCase(
        "own_longer", .accept,
        try ProviderEvent.transcript("own-edge-1", ["Is anybody there?", "Yes, I am.", "Fine."], at: 30),
        entries: 3,
        after: "own_resend"),
      EdgeCase("own_joined", .ignore, try ProviderEvent.make("system.replica_joined", "own-edge-2")),
      EdgeCase(
        "own_future_type", .ignore, try ProviderEvent.make("application.not_yet_invented", "own-edge-3")),
      EdgeCase("empty_body", .reject, Data()),
      EdgeCase("truncated_last_brace", .reject, first.dropLast()),
      EdgeCase("deep_arrays_unclosed", .reject, Data(repeating: UInt8(ascii: "["), count: 100_000)),
      EdgeCase(
        "own_null_transcript", .reject,
        try ProviderEvent.make("application.transcription_ready", "own-edge-4", ["transcript": NSNull()])),
      EdgeCase("own_blank_id", .reject, try ProviderEvent.transcript(" ", ["x"])),
    ]
  }
}

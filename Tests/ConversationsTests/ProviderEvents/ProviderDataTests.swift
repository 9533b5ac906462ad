import Foundation
import Testing

@testable import Conversations

/// Runs over real webhook bodies where they are at hand (`FRESHET_DATA`, default `../shared/data` beside the package).
@Suite("Real webhook bodies")
struct ProviderDataTests {
  /// Judgement calls that the contract decides the other way: such entries are kept or skipped, never refused.
  private static let acceptedByContract: Set<String> = [
    "entry_string", "entry_array", "entry_number", "content_number", "content_missing_user", "role_number",
    "number_overflow_double",
  ]

  @Test("Every edge case is accepted or refused as the contract says, and keeps its entries")
  func edgeCases() throws {
    for line in try lines(of: "edge_cases.ndjson") {
      let edge = try decoder.decode(EdgeCase.self, from: line)
      let body = try edge.bytes()
      let rejection = rejection { () throws(RequestRejection) in try WebhookEnvelope(body: body) }
      if edge.expect == "reject", !Self.acceptedByContract.contains(edge.name) {
        #expect(rejection != nil, "\(edge.name)")
      } else {
        #expect(rejection == nil, "\(edge.name): \(rejection?.detail ?? "")")
        try check(edge, body)
      }
    }
  }

  private func check(_ edge: EdgeCase, _ body: [UInt8]) throws {
    let envelope = try WebhookEnvelope(body: body)
    #expect(envelope.payload.firstRange(of: Array("webhook_url".utf8)) == nil, "\(edge.name)")
    let event = try ProviderEvent(decoding: envelope.payload.span)
    #expect(event.conversationID == envelope.conversationID)
    guard let count = edge.entries else { return }
    guard case .transcript(let transcript) = event.content else {
      Issue.record("\(edge.name)"); return
    }
    #expect(transcript.entries.count + transcript.skipped == count, "\(edge.name)")
  }

  @Test("A thousand transcripts decode to the words and times another decoder finds in them")
  func transcripts() throws {
    for line in try lines(of: "transcripts.ndjson") {
      let envelope = try WebhookEnvelope(body: Array(line))
      let event = try ProviderEvent(decoding: envelope.payload.span)
      let expected = try decoder.decode(ReferenceWebhook.self, from: line)
      guard case .transcript(let transcript) = event.content else { Issue.record("no transcript"); return }
      #expect(event.conversationID.text == expected.conversationId)
      #expect(transcript.skipped == 0)
      #expect(transcript.entries.map(\.role) == expected.properties.transcript.map(\.role))
      #expect(transcript.entries.map(\.content) == expected.properties.transcript.map(\.content))
      for (entry, reference) in zip(transcript.entries, expected.properties.transcript) {
        let seconds = entry.spokenAt.map { Double($0.microsecondsSinceEpoch) / 1_000_000 }
        #expect(abs((seconds ?? 0) - (reference.timestamp?.seconds ?? 0)) < 0.001)
      }
    }
  }

  private var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dataDecodingStrategy = .base64
    return decoder
  }

  private func lines(of file: String) throws -> [Data] {
    let package = URL(filePath: #filePath).appending(path: "../../../..").standardized
    let folder =
      ProcessInfo.processInfo.environment["FRESHET_DATA"].map { URL(filePath: $0) }
      ?? package.appending(path: "../shared/data").standardized
    let url = folder.appending(path: file)
    guard FileManager.default.fileExists(atPath: url.path) else {
      print("skipped: \(file) is not in \(folder.path); set FRESHET_DATA")
      return []
    }
    return try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).map { Data($0) }
  }
}

/// A line of `edge_cases.ndjson`.
private struct EdgeCase: Decodable {
  struct Recipe: Decodable {
    var prefix: String?
    var unit: String?
    var count: Int?
    var middle: String?
    var close: String?
    var closeCount: Int?
    var suffix: String?
  }

  let name: String
  let expect: String
  let entries: Int?
  let body: String?
  let bodyB64: Data?
  let bodyRepeat: Recipe?

  func bytes() throws -> [UInt8] {
    if let body { return Array(body.utf8) }
    if let bodyB64 { return Array(bodyB64) }
    let recipe = try #require(bodyRepeat)
    let text =
      (recipe.prefix ?? "") + String(repeating: recipe.unit ?? "", count: recipe.count ?? 0)
      + (recipe.middle ?? "")
      + String(repeating: recipe.close ?? "", count: recipe.closeCount ?? 0) + (recipe.suffix ?? "")
    return Array(text.utf8)
  }
}

/// The same webhook as Foundation reads it.
private struct ReferenceWebhook: Decodable {
  struct Properties: Decodable { let transcript: [Entry] }
  struct Entry: Decodable {
    let role: String
    let content: String
    let timestamp: Time?
  }
  struct Time: Decodable {
    let seconds: Double
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        seconds = number
      } else {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        seconds = try style.parse(try container.decode(String.self)).timeIntervalSince1970
      }
    }
  }

  let conversationId: String
  let properties: Properties
}

import Foundation

/// What a transcript leaves in the database, worked out from the contract by Foundation's JSON parser.
struct ExpectedTranscript: Sendable {
  let externalID: String
  let messages: [ExpectedMessage]

  init(body: Data) throws {
    guard let event = try JSONSerialization.jsonObject(with: body) as? [String: Any],
      let externalID = event["conversation_id"] as? String,
      let properties = event["properties"] as? [String: Any],
      let entries = properties["transcript"] as? [Any]
    else { throw IntegrationError("no transcript: \(String(decoding: body.prefix(300), as: UTF8.self))") }
    self.externalID = externalID
    messages = try entries.enumerated().compactMap { try ExpectedMessage($0.element, position: $0.offset) }
  }
}

/// A row of `messages`, as far as the provider decides it.
struct ExpectedMessage: Sendable, Equatable, CustomStringConvertible {
  let position: Int
  /// Bytes, because equality of Swift's strings overlooks how a character is composed.
  let role: [UInt8]
  let content: [UInt8]
  /// Milliseconds since 1970, rounded down.
  let spokenAt: Int?

  init(position: Int, role: [UInt8], content: [UInt8], spokenAt: Int?) {
    self.position = position
    self.role = role
    self.content = content
    self.spokenAt = spokenAt
  }

  /// Nil for what is skipped: an entry that is no object or has neither role nor content.
  init?(_ entry: Any, position: Int) throws {
    guard let entry = entry as? [String: Any], entry["role"] != nil || entry["content"] != nil else {
      return nil
    }
    self.init(
      position: position, role: Self.storable(entry["role"] as? String ?? "unknown"),
      content: try Self.content(entry["content"]), spokenAt: ProviderTime.milliseconds(entry["timestamp"]))
  }

  /// A message of an answer.
  init(_ message: MessageBody) {
    self.init(
      position: message.position, role: Array(message.role.utf8), content: Array(message.content.utf8),
      spokenAt: message.spokenAt.flatMap { ProviderTime.milliseconds($0) })
  }

  var description: String {
    "\(position) \(String(decoding: role, as: UTF8.self)) \(spokenAt ?? 0) \(String(decoding: content, as: UTF8.self))"
  }

  private static func content(_ value: Any?) throws -> [UInt8] {
    switch value {
    case nil, is NSNull: []
    case let text as String: storable(text)
    case let other?:
      Array(
        try JSONSerialization.data(
          withJSONObject: other, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]))
    }
  }

  /// Postgres takes no U+0000.
  private static func storable(_ text: String) -> [UInt8] {
    Array(String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 })).utf8)
  }
}

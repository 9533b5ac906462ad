/// A provider's transcript: always the whole conversation, in the order it was held.
package struct Transcript: Equatable, Sendable {
  /// What is kept.
  package let entries: [TranscriptEntry]
  /// Entries that were no object or had neither role nor content.
  package let skipped: Int

  /// Both.
  package init(entries: [TranscriptEntry], skipped: Int = 0) {
    self.entries = entries
    self.skipped = skipped
  }

  /// Takes an array from the scanner.
  init(_ scanner: inout JSONScanner) throws(JSONError) {
    var entries: [TranscriptEntry] = []
    var position = 0
    try scanner.enter()
    while try scanner.nextElement() {
      if let entry = try TranscriptEntry(&scanner, position: position) { entries.append(entry) }
      position += 1
    }
    self.init(entries: entries, skipped: position - entries.count)
  }
}

extension TranscriptEntry {
  /// Takes any value from the scanner; nil when it is to be skipped. Of a repeated key the last counts.
  fileprivate init?(_ scanner: inout JSONScanner, position: Int) throws(JSONError) {
    guard try scanner.kind() == .object else {
      _ = try scanner.skipValue()
      return nil
    }
    var role: String?
    var content: String?
    var spokenAt: Timestamp?
    try scanner.enter()
    while let key = try scanner.nextMember() {
      if scanner.matches(key, "role") {
        role = try scanner.role()
      } else if scanner.matches(key, "content") {
        content = try scanner.content()
      } else if scanner.matches(key, "timestamp") {
        spokenAt = try scanner.providerTime()
      } else {
        _ = try scanner.skipValue()
      }
    }
    if role == nil, content == nil { return nil }
    self.init(position: position, role: role ?? "unknown", content: content ?? "", spokenAt: spokenAt)
  }
}

extension JSONScanner {
  fileprivate mutating func role() throws(JSONError) -> String {
    if try kind() == .string { return try string() }
    _ = try skipValue()
    return "unknown"
  }

  /// A string as it is, null as nothing, all else as its JSON text.
  fileprivate mutating func content() throws(JSONError) -> String {
    switch try kind() {
    case .string: return try string()
    case .null:
      _ = try skipValue()
      return ""
    default: return rawText(try skipValue())
    }
  }
}

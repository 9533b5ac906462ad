/// What the provider saw, as one JSON value of at most 256 KiB.
enum PerceptionAnalysis {
  static let maximumBytes = 262_144
  /// Ends an analysis that was cut.
  static let mark = "… [cut]"

  /// `properties.analysis`, else all of `properties`; nil when there is nothing. Of a repeated key the last counts.
  static func read(_ scanner: inout JSONScanner) throws(JSONError) -> [UInt8]? {
    let all = try NormalizedJSON(&scanner).bytes
    guard let members = NormalizedMembers(all[...]), !members.members.isEmpty else { return nil }
    let analysis = members[Array(#""analysis""#.utf8)[...]] ?? all[...]
    return analysis.elementsEqual("null".utf8) ? nil : try cut(Array(analysis))
  }

  /// The value itself when it is short enough; else the beginning of its text, as a string that ends in the mark.
  private static func cut(_ value: [UInt8]) throws(JSONError) -> [UInt8] {
    guard value.count > maximumBytes else { return value }
    let text = try value.withUnsafeBufferPointer { (bytes) throws(JSONError) in
      var scanner = JSONScanner(bytes)
      return try scanner.kind() == .string ? try scanner.string() : String(decoding: bytes, as: UTF8.self)
    }
    var writer = JSONWriter(capacity: maximumBytes)
    writer.string(prefix(of: text, room: maximumBytes - mark.utf8.count - 2) + mark)
    return writer.bytes
  }

  /// As many whole scalars as take at most `room` bytes once escaped.
  private static func prefix(of text: String, room: Int) -> Substring {
    var room = room
    var end = text.unicodeScalars.startIndex
    for index in text.unicodeScalars.indices {
      room -= text.unicodeScalars[index].utf8.reduce(0) { $0 + JSONEscape.length($1) }
      if room < 0 { break }
      end = text.unicodeScalars.index(after: index)
    }
    return text[..<end]
  }
}

import Foundation

/// A `Content-Type`, as far as it says whether a body can be read (RFC 9110, 8.3).
struct ContentType: Sendable, Equatable {
  /// Such as `application/json`, in lower case. What is no media type is none that anybody wants.
  let mediaType: String
  /// In lower case; there is one at most, if the sender knows what he sends.
  let charsets: [String]

  init(_ field: String) {
    let parts = Self.split(field).map { $0.trimmingCharacters(in: .whitespaces) }
    mediaType = parts[0].lowercased()
    charsets = parts.dropFirst().compactMap { parameter in
      let name = parameter.prefix { $0 != "=" }
      guard name.trimmingCharacters(in: .whitespaces).lowercased() == "charset" else { return nil }
      let value = parameter.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
      return Self.unquoted(value).lowercased()
    }
  }

  /// JSON has no other form than UTF-8 (RFC 8259, 8.1), and need not say so.
  var isUTF8: Bool { charsets.allSatisfy { $0 == "utf-8" } }

  /// At each semicolon that is not quoted; there is always one part at least.
  private static func split(_ field: String) -> [Substring] {
    var (isQuoted, isEscaped) = (false, false)
    return field.split(omittingEmptySubsequences: false) { character in
      defer { isEscaped = isQuoted && !isEscaped && character == "\\" }
      if character == "\"", !isEscaped { isQuoted.toggle() }
      return character == ";" && !isQuoted
    }
  }

  /// What a quoted string stands for (RFC 9110, 5.6.4); anything else stands for itself.
  private static func unquoted(_ value: String) -> String {
    guard value.count >= 2, value.first == "\"", value.last == "\"" else { return value }
    var text = ""
    var rest = value.dropFirst().dropLast()
    while let character = rest.popFirst() {
      text.append(character == "\\" ? rest.popFirst() ?? character : character)
    }
    return text
  }
}

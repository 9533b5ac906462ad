/// Why a text is not JSON as RFC 8259 defines it, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the parser met.
  package enum Code: String, Sendable {
    case unexpectedEnd = "the text ends too early"
    case unexpectedByte = "unexpected character"
    case trailingData = "something follows the value"
    case invalidUTF8 = "not UTF-8"
    case controlCharacter = "unescaped control character in a string"
    case badEscape = "bad escape in a string"
    case badNumber = "bad number"
    case tooDeep = "nested deeper than 512 levels"
    case repeatedKey = "a key is there twice that must be unique"
  }

  /// What the parser met.
  package let code: Code
  /// Bytes before the offending one.
  package let offset: Int

  /// Safe to show to the sender: no content of the text is in it.
  package var description: String { "\(code.rawValue), at byte \(offset)" }
}

/// The `sub` of a token: 1–128 of `[A-Za-z0-9._:|@+=-]`, opaque, case-sensitive.
package struct UserID: Hashable, Sendable, CustomStringConvertible {
  /// The characters, all ASCII, so that comparing strings compares bytes.
  package let text: String

  /// Nil when the text breaks the rule above.
  package init?(_ text: some StringProtocol) {
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed) else { return nil }
    self.text = String(text)
  }

  /// For text read back from our own store, which only valid ids enter.
  package init(stored text: String) { self.text = text }

  /// The id itself.
  package var description: String { text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "._:|@+=-".utf8.contains(byte)
  }
}

extension UInt8 {
  /// `[A-Za-z0-9]`.
  var isASCIILetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}

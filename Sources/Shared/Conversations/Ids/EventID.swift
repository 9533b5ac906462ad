/// What deduplicates webhooks: `[A-Za-z0-9._-]{1,128}`, signed by the sender or hashed from the body.
package struct EventID: Hashable, Sendable, CustomStringConvertible {
  /// The characters, all ASCII.
  package let text: String

  /// Nil when the text breaks the rule above.
  package init?(_ text: some StringProtocol) {
    let isAllowed = { (byte: UInt8) in byte.isASCIILetterOrDigit || "._-".utf8.contains(byte) }
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(isAllowed) else { return nil }
    self.text = String(text)
  }

  /// The lower-case hexadecimal SHA-256 of a body as it arrived.
  package init(sha256Of body: Span<UInt8>) {
    text = hexadecimalSHA256(of: body)
  }

  /// The id itself.
  package var description: String { text }
}

/// One entry of a provider's transcript that is worth a message.
package struct TranscriptEntry: Equatable, Sendable {
  /// Zero-based index in the provider's array; skipped entries leave gaps.
  package let position: Int
  /// As sent; `unknown` where the provider sent none.
  package let role: String
  /// As sent; the JSON text of what was no string.
  package let content: String
  /// When it was said, where that could be read.
  package let spokenAt: Timestamp?

  /// All four.
  package init(position: Int, role: String, content: String, spokenAt: Timestamp? = nil) {
    self.position = position
    self.role = role
    self.content = content
    self.spokenAt = spokenAt
  }
}

/// The provider's name of a conversation: 1–128 scalars (so at most 512 bytes), not blank, no control characters.
/// Case, normal form and surrounding spaces all count.
package struct ExternalConversationID: BytewiseText {
  /// The characters, exactly as they came.
  package let text: String

  /// Nil when the text breaks the rule above.
  package init?(_ text: String) {
    guard isProviderName(text) else { return nil }
    self.text = text
  }

  /// For text read back from our own store, which only valid ids enter.
  package init(stored text: String) { self.text = text }
}

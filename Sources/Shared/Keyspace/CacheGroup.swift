package import Conversations

/// The unit of invalidation: everything cached under one conversation or one user is dropped by one small write.
///
/// A write to a conversation touches its own group and that of its owner, of the former owner too when it changes.
package enum CacheGroup: Hashable, Sendable {
  case conversation(ConversationID)
  case user(UserID)

  /// From the form of ``text``; nil for any other.
  package init?(_ text: String) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = text[text.index(after: colon)...]
    switch text[..<colon] {
    case "conversation":
      guard let id = ConversationID(name) else { return nil }
      self = .conversation(id)
    case "user": self = .user(UserID(stored: String(name)))
    default: return nil
    }
  }

  /// `conversation:<id>` or `user:<id>`, as the outbox has it.
  package var text: String {
    switch self {
    case .conversation(let id): "conversation:\(id)"
    case .user(let id): "user:\(id)"
    }
  }
}

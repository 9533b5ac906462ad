package import Conversations

/// The unit of invalidation: everything cached under one conversation or one user is dropped by one small write.
///
/// A write to a conversation touches its own group and that of its owner, of the former owner too when it changes.
package enum CacheGroup: Hashable, Sendable {
  case conversation(ConversationID)
  case user(UserID)
}

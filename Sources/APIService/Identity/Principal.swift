import Cache
import Conversations

/// Who sends a request: the token's subject and what its role allows.
struct Principal: Sendable, Equatable {
  let userID: UserID
  let role: PrincipalRole

  /// Whose conversations may be seen and changed.
  var scope: OwnerScope { role.seesEverything ? .everyone : .only(userID) }

  /// Whether a conversation, or a page of its messages, may be seen: it is there, and within the scope.
  func maySee(_ value: CachedValue) -> Bool { value.status == 200 && scope.includes(value.owner) }

  /// Whether that user's lists may be seen.
  func mayAccess(user: UserID) -> Bool {
    role.seesEverything || user == userID
  }
}

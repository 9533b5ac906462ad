import Conversations

/// Who sends a request: the token's subject and what its role allows.
struct Principal: Sendable, Equatable {
  let userID: UserID
  let role: PrincipalRole

  /// Whether a conversation of this owner (nil: unowned) may be seen and changed.
  func mayAccess(owner: String?) -> Bool {
    role.seesEverything || owner.map { $0.utf8.elementsEqual(userID.text.utf8) } == true
  }

  /// Whether that user's lists may be seen.
  func mayAccess(user: UserID) -> Bool {
    role.seesEverything || user == userID
  }
}

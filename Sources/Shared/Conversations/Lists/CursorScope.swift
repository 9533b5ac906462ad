/// The list that a cursor belongs to: its route and filters. Who asks is no part of it, so that a service may go on where
/// a user stopped; each request is authorised by itself.
package struct CursorScope: Hashable, Sendable {
  /// Different for different lists. Holds no U+0000.
  let text: String

  /// `GET /conversations`.
  package static func conversations(_ filter: ConversationFilter) -> CursorScope {
    let user = filter.userID.map { "user:\($0)" } ?? "all"
    return CursorScope(text: "conversations:\(filter.normalized):\(user)")
  }

  /// `GET /conversations/{id}/messages`.
  package static func messages(of id: ConversationID) -> CursorScope {
    CursorScope(text: "conversation:\(id):messages")
  }

  /// `GET /users/{id}/messages`.
  package static func messages(of user: UserID) -> CursorScope { CursorScope(text: "user:\(user):messages") }
}

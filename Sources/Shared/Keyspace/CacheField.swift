package import Conversations

/// One cached answer within a ``CacheGroup``. Equal requests must make equal fields: normalise before making one.
package struct CacheField: Hashable, Sendable {
  /// The last part of the key.
  package let name: String

  private init(_ name: String) { self.name = name }

  /// A conversation itself, or its absence.
  package static let body = CacheField("body")

  /// A page of messages, of a conversation or of a user.
  package static func messages(page: Int, limit: Int) -> CacheField {
    CacheField("messages:\(page):\(limit)")
  }

  /// A page of a user's conversations; `nil` stands for no filter.
  package static func conversations(
    status: ConversationStatus?, transcriptReceived: Bool?, page: Int, limit: Int
  ) -> CacheField {
    let status = status?.rawValue ?? "any"
    let received = transcriptReceived.map(String.init) ?? "any"
    return CacheField("conversations:\(status):\(received):\(page):\(limit)")
  }
}

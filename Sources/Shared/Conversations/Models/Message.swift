/// One entry of a transcript as stored and as clients see it.
package struct Message: Equatable, Sendable {
  /// Our id.
  package var id: MessageID
  /// The conversation it belongs to.
  package var conversationID: ConversationID
  /// `system`, `user`, `assistant`, `tool`, or whatever the provider sent.
  package var role: String
  /// What was said.
  package var content: String
  /// The entry's zero-based index in the transcript; a skipped entry leaves a gap.
  package var position: Int
  /// When it was said, where the provider told.
  package var spokenAt: Timestamp?
  /// `spokenAt`, else the time of the event that brought it.
  package var createdAt: Timestamp

  /// All fields, in the order of the contract.
  package init(
    id: MessageID, conversationID: ConversationID, role: String, content: String, position: Int,
    spokenAt: Timestamp?, createdAt: Timestamp
  ) {
    self.id = id
    self.conversationID = conversationID
    self.role = role
    self.content = content
    self.position = position
    self.spokenAt = spokenAt
    self.createdAt = createdAt
  }
}

extension Message: JSONEncodable {
  /// The contract's members in the contract's order.
  package func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("id", id)
    writer.member("conversationId", conversationID)
    writer.member("role", role)
    writer.member("content", content)
    writer.member("position", position)
    writer.member("spokenAt", spokenAt)
    writer.member("createdAt", createdAt)
    writer.endObject()
  }
}

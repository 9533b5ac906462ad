/// The body of `POST /conversations`, checked.
package struct NewConversation: Equatable, Sendable {
  /// At most 1,000 scalars.
  package var title: String?
  /// A JSON object of at most 64 KiB and 32 levels, ready for `jsonb`; nil when none was sent.
  package var metadata: [UInt8]?
  /// The call it belongs to; only service and admin may say.
  package var externalID: ExternalConversationID?
  /// The owner where a service or an admin names one; for a user the caller itself is the owner.
  package var userID: UserID?

  /// All four, for tests and tools.
  package init(
    title: String? = nil, metadata: [UInt8]? = nil, externalID: ExternalConversationID? = nil,
    userID: UserID? = nil
  ) {
    self.title = title
    self.metadata = metadata
    self.externalID = externalID
    self.userID = userID
  }

  /// Throws `malformedBody`, `forbiddenField` or `invalidBody`, the last two with every fault at once.
  /// A member that is null counts as absent.
  package init(decoding body: Span<UInt8>, role: PrincipalRole) throws(RequestRejection) {
    self = try ClientBody.read(body) { (members) throws(JSONError) in
      var conversation = NewConversation()
      while let key = try members.next() {
        switch key {
        case "title": conversation.title = try members.title()
        case "metadata": conversation.metadata = try members.metadata()
        case "externalId":
          conversation.externalID = try members.name(
            key, as: ExternalConversationID.init, for: role, rule: "1 to 128 characters, not blank")
        case "userId":
          conversation.userID = try members.name(
            key, as: { UserID($0) }, for: role, rule: "1 to 128 of A-Z a-z 0-9 . _ : | @ + = -")
        default: try members.refuseUnknown(key)
        }
      }
      return conversation
    }
  }

  /// The same for bytes that stand in an array.
  package init(decoding body: [UInt8], role: PrincipalRole) throws(RequestRejection) {
    try self.init(decoding: body.span, role: role)
  }
}

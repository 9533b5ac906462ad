/// Which conversations a list shows.
package struct ConversationFilter: Hashable, Sendable {
  /// Only those with this status.
  package var status: ConversationStatus?
  /// Only those that have, or have not, a transcript.
  package var transcriptReceived: Bool?
  /// Only this user's. The caller's own id unless a service or an admin asks.
  package var userID: UserID?

  /// All three.
  package init(status: ConversationStatus? = nil, transcriptReceived: Bool? = nil, userID: UserID? = nil) {
    self.status = status
    self.transcriptReceived = transcriptReceived
    self.userID = userID
  }

  /// Takes `status` and `transcriptReceived`, and `userId` where the role may ask for others (else it is unknown);
  /// an ordinary user gets `subject`'s.
  package init(_ query: inout QueryParameters, subject: UserID?, role: PrincipalRole) {
    status = query.parse(
      "status", rule: "pending, active, ended or failed", ConversationStatus.init(rawValue:))
    transcriptReceived = query.boolean("transcriptReceived")
    userID = subject
    if role.seesEverything { userID = query.parse("userId", rule: "a user id") { UserID($0) } }
  }

  /// One text per meaning, whatever the query's spelling and order: `active:true`, `-` for what is not filtered.
  /// The user is not in it.
  package var normalized: String {
    "\(status?.rawValue ?? "-"):\(transcriptReceived.map { "\($0)" } ?? "-")"
  }
}

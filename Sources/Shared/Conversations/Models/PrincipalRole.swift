/// What a caller may do, from the role claim of its token.
package enum PrincipalRole: String, Sendable, CaseIterable {
  case user, service, admin

  /// Exactly `service` or `admin`; anything else, or nothing, is an ordinary user.
  package init(claim: String?) {
    self = claim.flatMap(PrincipalRole.init(rawValue:)) ?? .user
  }

  /// Service and admin see and change what belongs to others.
  package var seesEverything: Bool { self != .user }

  /// Users may only end a conversation or give it up; service and admin may set any status.
  package func maySet(_ status: ConversationStatus) -> Bool {
    seesEverything || status == .ended || status == .failed
  }
}

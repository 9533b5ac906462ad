/// Whose conversations a caller may see and change.
///
/// It goes into the `WHERE` of what only this caller reads or writes, so that a handler which forgets to ask reveals
/// nothing. What is cached is read for everybody, with its owner beside it, and judged before it leaves the store.
package enum OwnerScope: Sendable, Equatable {
  /// Also what nobody owns: the roles service and admin.
  case everyone
  case only(UserID)

  /// Whether what belongs to this owner (nil: to nobody) is within it.
  package func includes(_ owner: String?) -> Bool {
    switch self {
    case .everyone: true
    case .only(let user): owner.map { $0.utf8.elementsEqual(user.text.utf8) } == true
    }
  }
}

import Crypto

/// A request that is to be carried out once, however often it arrives within 24 hours.
package struct IdempotentRequest: Sendable, Equatable {
  /// Whose key it is.
  package let principal: UserID
  /// Keys of different routes have nothing to do with each other.
  package let route: String
  /// What the client made up.
  package let key: String
  /// Of the sender's role and the body, byte for byte.
  package let fingerprint: [UInt8]

  /// - Parameter key: 1 to 255 visible ASCII characters, else nil: quotes, which the IETF's draft wants, are a part of it.
  package init?(key: String, principal: UserID, role: PrincipalRole, route: String, body: [UInt8]) {
    guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    self.principal = principal
    self.route = route
    self.key = key
    var hash = SHA256()
    hash.update(data: Array("\(role.rawValue)\n".utf8))
    hash.update(data: body)
    fingerprint = Array(hash.finalize())
  }
}

import Conversations
import Foundation

/// Whose requests an event loop has lately served, by the bytes of their `Authorization`: who sends the same again is
/// known without a hash. Owned by one event loop.
struct ReadPrincipals {
  /// What is remembered of one.
  struct Entry {
    let authorization: [UInt8]
    let principal: Principal
    let expires: Date
    let keyVersion: Int
  }

  /// Some 700 bytes each.
  private static let limit = 4096
  private var entries: [Int: Entry] = [:]

  /// Nil for whoever is not known, or no longer good.
  func principal(of authorization: UnsafeRawBufferPointer, keyVersion: Int, now: Date) -> Principal? {
    guard let entry = entries[Self.key(authorization)], entry.keyVersion == keyVersion, entry.expires > now,
      entry.authorization.elementsEqual(authorization)
    else { return nil }
    return entry.principal
  }

  /// When it is full it starts anew: what is in use is soon back.
  mutating func remember(_ authorization: UnsafeRawBufferPointer, _ token: AcceptedTokens.Entry) {
    if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
    entries[Self.key(authorization)] = Entry(
      authorization: Array(authorization), principal: token.principal, expires: token.expires,
      keyVersion: token.keyVersion)
  }

  /// Of the process's own random seed, so that nobody can choose tokens that collide.
  private static func key(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return hasher.finalize()
  }
}

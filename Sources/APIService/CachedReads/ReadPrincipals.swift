import Foundation
import Redis

/// Whose requests an event loop has lately served, by the bytes of their `Authorization`: who sends the same again is
/// known without a hash. Owned by one event loop.
struct ReadPrincipals {
  /// One of them.
  struct Known {
    let principal: Principal
    /// What their limit asks Redis, encoded; nil without a limit.
    let question: RedisRequest?
  }

  private struct Entry {
    let authorization: [UInt8]
    let known: Known
    let expires: Date
    let keyVersion: Int
  }

  /// Some 700 bytes each.
  private static let limit = 4096
  private var entries: [Int: Entry] = [:]

  /// Nil for whoever is not known, or no longer good.
  func known(by authorization: UnsafeRawBufferPointer, keyVersion: Int, now: Date) -> Known? {
    guard let entry = entries[Self.key(authorization)], entry.keyVersion == keyVersion, entry.expires > now,
      authorization.isEqual(to: entry.authorization)
    else { return nil }
    return entry.known
  }

  /// When it is full it starts anew: what is in use is soon back.
  mutating func remember(
    _ known: Known, by authorization: UnsafeRawBufferPointer, _ token: AcceptedTokens.Entry
  ) {
    if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
    entries[Self.key(authorization)] = Entry(
      authorization: Array(authorization), known: known, expires: token.expires, keyVersion: token.keyVersion)
  }

  /// Of the process's own random seed, so that nobody can choose tokens that collide.
  private static func key(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return hasher.finalize()
  }
}

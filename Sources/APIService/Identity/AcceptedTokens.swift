import Crypto
import Foundation

/// Tokens that were verified, by their hash, until they expire: verifying is the dearest part of a cached read. Pure;
/// owned under a lock.
struct AcceptedTokens: Sendable {
  /// One of them.
  struct Entry: Sendable {
    let principal: Principal
    let expires: Date
    let keyVersion: Int
  }

  /// Some 200 bytes each.
  private static let limit = 20_000
  private var entries: [SHA256Digest: Entry] = [:]

  /// - Parameter keyVersion: that of the public keys now; what was verified by others does not count.
  func entry(of digest: SHA256Digest, keyVersion: Int, now: Date) -> Entry? {
    guard let entry = entries[digest], entry.keyVersion == keyVersion, entry.expires > now else { return nil }
    return entry
  }

  /// When it is full it starts anew: what is in use is soon back, and nothing has to be kept in order of use.
  mutating func remember(
    _ digest: SHA256Digest, _ principal: Principal, keyVersion: Int, until expires: Date
  ) {
    if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
    entries[digest] = Entry(principal: principal, expires: expires, keyVersion: keyVersion)
  }
}

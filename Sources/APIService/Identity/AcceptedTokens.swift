import Crypto
import Foundation

/// Tokens that were verified, by their hash, until they expire: verifying is the dearest part of a cached read. Pure;
/// owned under a lock.
struct AcceptedTokens: Sendable {
  private struct Entry: Sendable {
    let principal: Principal
    let expires: Date
  }

  /// Some 200 bytes each.
  private static let limit = 20_000
  private var entries: [SHA256Digest: Entry] = [:]

  func principal(of digest: SHA256Digest, now: Date) -> Principal? {
    guard let entry = entries[digest], entry.expires > now else { return nil }
    return entry.principal
  }

  /// When it is full it starts anew: what is in use is soon back, and nothing has to be kept in order of use.
  mutating func remember(_ digest: SHA256Digest, _ principal: Principal, until expires: Date) {
    if entries.count >= Self.limit { entries.removeAll(keepingCapacity: true) }
    entries[digest] = Entry(principal: principal, expires: expires)
  }
}

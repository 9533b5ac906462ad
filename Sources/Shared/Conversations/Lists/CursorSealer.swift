import Crypto

/// Makes and checks the cursors of one list.
///
/// A cursor is a version, a keyset, and the HMAC-SHA256 of both and the list they belong to, in hexadecimal: opaque to
/// clients, and worth nothing with another route or other filters. It grants nothing; what it names, whoever sends it has
/// read.
package struct CursorSealer: Sendable {
  private let key: SymmetricKey
  private let scope: CursorScope

  private static let version: UInt8 = 1
  /// Of the longest keyset.
  private static let maximumBytes = 1 + 4 * 8 + SHA256.byteCount

  /// - Parameter secret: the same on all instances, at least 32 bytes.
  package init(secret: [UInt8], scope: CursorScope) {
    key = SymmetricKey(data: secret)
    self.scope = scope
  }

  /// The cursor that leads behind an item.
  package func seal(_ keyset: Keyset) -> String {
    let content =
      [Self.version]
      + keyset.words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - $0 * 8)) } }
    return hexadecimal(content + HMAC<SHA256>.authenticationCode(for: signed(content), using: key))
  }

  /// Where a cursor leads; nil for one that was not made for this list. Takes the same time wherever a wrong signature
  /// differs.
  package func open(_ cursor: String) -> Keyset? {
    guard cursor.utf8.count <= Self.maximumBytes * 2, let bytes = bytes(hexadecimal: cursor),
      bytes.count > SHA256.byteCount
    else { return nil }
    let content = Array(bytes.dropLast(SHA256.byteCount))
    guard
      HMAC<SHA256>.isValidAuthenticationCode(
        bytes.suffix(SHA256.byteCount), authenticating: signed(content), using: key),
      content[0] == Self.version, content.count % 8 == 1
    else { return nil }
    return Keyset(
      words: stride(from: 1, to: content.count, by: 8).map { start in
        content[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
      })
  }

  /// The scope ends where no text of one goes on.
  private func signed(_ content: [UInt8]) -> [UInt8] { Array(scope.text.utf8) + [0] + content }
}

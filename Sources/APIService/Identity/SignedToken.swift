import Conversations
import Foundation

/// A JWT in its compact form (RFC 7515, 3.1), taken apart. Nothing in it is to be trusted before its signature is
/// verified.
struct SignedToken: Sendable {
  /// Longer ones are refused unread.
  static let longest = 8192

  /// The header's `alg`, which the key must have as well, and `kid`.
  let algorithm: String
  let keyID: String?
  let payload: Data
  let signature: Data
  /// What the signature is about: header and payload as they were sent.
  let signedText: Data

  /// Nil for what is no JWT. A header with `crit` is refused by whoever does not understand what it lists (RFC 7515,
  /// 4.1.11), and we understand no extension; one with a member twice could be read in two ways (RFC 7515, 4).
  init?(_ token: String) {
    let parts =
      token.utf8.count <= Self.longest ? token.split(separator: ".", omittingEmptySubsequences: false) : []
    // Whatever is not such a header is refused alike, so the decoder's reason does not matter.
    guard parts.count == 3, let headerText = Base64URL.decode(parts[0].utf8),
      JSONMemberNames.areUnique(in: headerText),
      let header = try? JSONDecoder().decode(Header.self, from: headerText), !header.isCritical,
      let payload = Base64URL.decode(parts[1].utf8), let signature = Base64URL.decode(parts[2].utf8)
    else { return nil }
    algorithm = header.algorithm
    keyID = header.keyID
    self.payload = payload
    self.signature = signature
    signedText = Data(token.utf8[..<parts[1].endIndex])
  }

  private struct Header: Decodable {
    let algorithm: String
    let keyID: String?
    let isCritical: Bool

    enum Name: String, CodingKey { case alg, kid, crit }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Name.self)
      algorithm = try members.decode(String.self, forKey: .alg)
      keyID = try members.decodeIfPresent(String.self, forKey: .kid)
      isCritical = members.contains(.crit)
    }
  }
}

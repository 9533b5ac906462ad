import Crypto
import Foundation

/// The shared secrets of `WEBHOOK_AUTH=token`; several at once while one is being rotated.
struct WebhookTokens: Sendable {
  private let digests: [SHA256Digest]

  init(_ tokens: [String]) {
    digests = tokens.map { SHA256.hash(data: Data($0.utf8)) }
  }

  /// Whether the token is one of ours. What is compared is of one length and compared in constant time, with all of
  /// ours, so that nothing can be learnt about any of them.
  func accept(_ candidate: String) -> Bool {
    let digest = SHA256.hash(data: Data(candidate.utf8))
    return digests.reduce(false) { accepted, own in own == digest || accepted }
  }
}

import Crypto
import Foundation

/// The secrets of `WEBHOOK_AUTH=standard`; several at once while one is being rotated.
struct WebhookSigningSecrets: Sendable {
  /// What the specification asks for.
  private static let shortest = 24
  private let keys: [SymmetricKey]

  /// Leaves out what is not `whsec_` and the base64 of at least 24 bytes.
  init(_ texts: [String]) {
    keys = texts.filter { $0.hasPrefix("whsec_") }
      .compactMap { Data(base64Encoded: String($0.dropFirst(6))) }
      .filter { $0.count >= Self.shortest }
      .map { SymmetricKey(data: $0) }
  }

  var count: Int { keys.count }

  /// Whether one of ours signed the body. One code per secret is computed, however many are offered, and compared in
  /// constant time with each.
  func verify(_ signature: WebhookSignature, of body: [UInt8]) -> Bool {
    keys.reduce(false) { verified, key in
      var code = HMAC<SHA256>(key: key)
      code.update(data: Data("\(signature.id).\(signature.timestamp).".utf8))
      code.update(data: body)
      let own = code.finalize()
      return signature.codes.reduce(verified) { verified, offered in own == offered || verified }
    }
  }
}

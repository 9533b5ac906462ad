/// The shared secrets of `WEBHOOK_AUTH=token`; several at once while one is being rotated.
struct WebhookTokens: Sendable {
  private let tokens: [[UInt8]]

  init(_ tokens: [String]) {
    self.tokens = tokens.map { Array($0.utf8) }
  }

  /// Whether the token is one of ours. Takes the same time wherever the first difference is; all are compared.
  func accept(_ candidate: String) -> Bool {
    let bytes = Array(candidate.utf8)
    return tokens.reduce(false) { accepted, token in Self.equal(token, bytes) || accepted }
  }

  private static func equal(_ token: [UInt8], _ candidate: [UInt8]) -> Bool {
    var difference = token.count ^ candidate.count
    for index in token.indices {
      difference |= Int(token[index] ^ (index < candidate.count ? candidate[index] : 0))
    }
    return difference == 0
  }
}

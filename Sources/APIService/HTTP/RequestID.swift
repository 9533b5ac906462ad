import HTTPTypes

/// `X-Request-Id`: the client's when it is well formed, else 128 random bits in hex.
enum RequestID {
  static let header = HTTPField.Name.xRequestID

  static func accept(_ candidate: String?) -> String {
    guard let candidate, isValid(candidate) else { return random() }
    return candidate
  }

  /// `[A-Za-z0-9._-]{1,128}`: safe in logs, headers and JSON.
  private static func isValid(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  private static func random() -> String {
    (0..<2).map { _ in
      let word = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - word.count) + word
    }.joined()
  }
}

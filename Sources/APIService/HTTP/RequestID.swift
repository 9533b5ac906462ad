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
    var random = SystemRandomNumberGenerator()
    return text(random.next(), random.next())
  }

  private static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 32) { digits in
      for place in 0..<16 {
        let shift = UInt64(60 - 4 * place)
        digits[place] = hexadecimalDigits[Int(high >> shift & 15)]
        digits[place + 16] = hexadecimalDigits[Int(low >> shift & 15)]
      }
      return 32
    }
  }

  private static let hexadecimalDigits = Array("0123456789abcdef".utf8)
}

extension RequestID {
  /// Makes many, and asks the system for randomness once: an id must be unique, and not a secret.
  struct Generator {
    private let high = UInt64.random(in: .min ... .max)
    private var low = UInt64.random(in: .min ... .max)

    /// As ``RequestID/accept(_:)``.
    mutating func accept(_ candidate: String?) -> String {
      if let candidate, isValid(candidate) { return candidate }
      low &+= 1
      return text(high, low)
    }
  }
}

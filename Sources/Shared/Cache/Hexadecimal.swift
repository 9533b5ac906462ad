extension UInt64 {
  /// Takes exactly 16 digits of lower case: Lua compares these texts, so each number has one form only.
  init?(lowercaseHex digits: some Collection<UInt8>) {
    guard digits.count == 16 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard let nibble = Self.nibble(digit) else { return nil }
      value = value << 4 | nibble
    }
    self = value
  }

  /// Sixteen digits, zeros in front.
  var lowercaseHex: String {
    String(unsafeUninitializedCapacity: 16) { text in
      writeLowercaseHex(to: text, at: 0)
      return 16
    }
  }

  /// Writes them from that position on.
  func writeLowercaseHex(to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
    for position in 0..<16 {
      let nibble = UInt8(truncatingIfNeeded: self >> (60 - 4 * UInt64(position))) & 15
      text[start + position] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
  }

  private static func nibble(_ digit: UInt8) -> UInt64? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}

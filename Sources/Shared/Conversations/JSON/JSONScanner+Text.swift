extension JSONScanner {
  /// Takes a string token. Its UTF-8 and escapes are checked; nothing is decoded yet.
  mutating func text() throws(JSONError) -> JSONText {
    guard try kind() == .string else { throw failure(.unexpectedByte) }
    position += 1
    let start = position
    var isEscaped = false
    while true {
      skipPlainText()
      guard position < bytes.count else { throw failure(.unexpectedEnd) }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return JSONText(range: start..<(position - 1), isEscaped: isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        try skipEscape()
      case ..<0x20: throw failure(.controlCharacter)
      case ..<0x80: position += 1
      default: try skipMultibyteScalar()
      }
    }
  }

  /// Eight bytes at a time up to a quote, backslash, control character or non-ASCII byte. A borrow can only flag bytes
  /// behind the first true hit, so the lowest flag is exact.
  @inline(__always)
  private mutating func skipPlainText() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = UnsafeRawBufferPointer(bytes)
    while position &+ 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quotes = (word ^ (ones &* 0x22)) &- ones
      let backslashes = (word ^ (ones &* 0x5C)) &- ones
      let hits = (word | quotes | backslashes | (word &- (ones &* 0x20))) & (ones &* 0x80)
      if hits != 0 {
        position &+= hits.trailingZeroBitCount >> 3
        return
      }
      position &+= 8
    }
  }

  private mutating func skipEscape() throws(JSONError) {
    position += 1
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard position < bytes.count, bytes[position].hexadecimalValue != nil else {
          throw failure(.badEscape)
        }
        position += 1
      }
    default: throw failure(.badEscape)
    }
  }

  /// The well-formed sequences of Unicode table 3-7: no overlong form, no surrogate, nothing above U+10FFFF.
  @inline(__always)
  private mutating func skipMultibyteScalar() throws(JSONError) {
    let lead = bytes[position]
    let second: ClosedRange<UInt8>
    let length: Int
    switch lead {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: throw failure(.invalidUTF8)
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
      throw failure(.invalidUTF8)
    }
    for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 {
      throw failure(.invalidUTF8)
    }
    position += length
  }
}

extension UInt8 {
  /// 0–15 for an ASCII hexadecimal digit of either case.
  var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

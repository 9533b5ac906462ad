/// The characters a JSON string must escape: quote, backslash and U+0000–U+001F.
enum JSONEscape {
  /// Appends text with its escapes, without quotes.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    var start = 0
    while true {
      let hit = firstByteToEscape(in: text, from: start)
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<hit]))
      guard hit < text.count else { return }
      append(text[hit], to: &bytes)
      start = hit + 1
    }
  }

  /// Index of the first byte from `start` on that must be escaped, else the count. Eight bytes a step.
  private static func firstByteToEscape(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = UnsafeRawBufferPointer(text)
    var index = start
    while index &+ 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let quotes = word ^ (ones &* 0x22)
      let backslashes = word ^ (ones &* 0x5C)
      let flags =
        ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        | ((word &- (ones &* 0x20)) & ~word)
      let hits = flags & (ones &* 0x80)
      if hits != 0 { return index &+ hits.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < text.count, length(text[index]) == 1 { index &+= 1 }
    return index
  }

  /// Bytes the escaped form of a UTF-8 byte takes.
  static func length(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: 2
    case ..<0x20: 6
    default: 1
    }
  }

  /// Appends the shortest escape of a byte that needs one.
  private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case ..<0x20:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(UInt8(ascii: "0") + byte >> 4)
      bytes.append(hexadecimalDigits.utf8Start[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
}

/// Digits for lower-case hexadecimal text.
let hexadecimalDigits: StaticString = "0123456789abcdef"

/// Turns the escapes of a token the scanner has checked into UTF-8. An escape is never shorter than what it stands for,
/// so the target needs no more room than the source.
struct JSONUnescaper {
  private let source: UnsafeBufferPointer<UInt8>
  private let target: UnsafeMutableBufferPointer<UInt8>
  private var read = 0
  private var written = 0
  /// Whether U+0000 or a lone surrogate was replaced by U+FFFD.
  private(set) var isRepaired = false

  init(source: UnsafeBufferPointer<UInt8>, target: UnsafeMutableBufferPointer<UInt8>) {
    self.source = source
    self.target = target
  }

  /// Returns the number of bytes written.
  mutating func run() -> Int {
    while read < source.count {
      let byte = source[read]
      read += 1
      if byte == UInt8(ascii: "\\") { unescape() } else { put(byte) }
    }
    return written
  }

  private mutating func unescape() {
    let selector = source[read]
    read += 1
    switch selector {
    case UInt8(ascii: "b"): put(0x08)
    case UInt8(ascii: "f"): put(0x0C)
    case UInt8(ascii: "n"): put(0x0A)
    case UInt8(ascii: "r"): put(0x0D)
    case UInt8(ascii: "t"): put(0x09)
    case UInt8(ascii: "u"): encode(scalar())
    default: put(selector)
    }
  }

  private mutating func scalar() -> UInt32 {
    let unit = hexadecimalUnit()
    if (0xD800..<0xDC00).contains(unit), let low = lowSurrogateAhead() {
      read += 6
      return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard unit != 0, !(0xD800..<0xE000).contains(unit) else {
      isRepaired = true
      return 0xFFFD
    }
    return unit
  }

  private func lowSurrogateAhead() -> UInt32? {
    guard read + 6 <= source.count, source[read] == UInt8(ascii: "\\"), source[read + 1] == UInt8(ascii: "u")
    else { return nil }
    let unit = unit(at: read + 2)
    return (0xDC00..<0xE000).contains(unit) ? unit : nil
  }

  private mutating func hexadecimalUnit() -> UInt32 {
    defer { read += 4 }
    return unit(at: read)
  }

  private func unit(at index: Int) -> UInt32 {
    source[index..<(index + 4)].reduce(0) { $0 << 4 | UInt32($1.hexadecimalValue ?? 0) }
  }

  private mutating func put(_ byte: UInt8) {
    target[written] = byte
    written += 1
  }

  private mutating func encode(_ scalar: UInt32) {
    switch scalar {
    case ..<0x80: put(UInt8(scalar))
    case ..<0x800:
      put(UInt8(0xC0 | scalar >> 6))
      put(UInt8(0x80 | scalar & 0x3F))
    case ..<0x10000:
      put(UInt8(0xE0 | scalar >> 12))
      put(UInt8(0x80 | scalar >> 6 & 0x3F))
      put(UInt8(0x80 | scalar & 0x3F))
    default:
      put(UInt8(0xF0 | scalar >> 18))
      put(UInt8(0x80 | scalar >> 12 & 0x3F))
      put(UInt8(0x80 | scalar >> 6 & 0x3F))
      put(UInt8(0x80 | scalar & 0x3F))
    }
  }
}

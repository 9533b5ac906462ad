import Conversations
import Foundation

/// Reads the head of a request from its first byte on, and stops where it is not what was asked for.
struct HeadScan {
  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  /// Longer heads are rare, and the decoder's limits are none of ours.
  static let maximumLength = 4096
  static let maximumFields = 64

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Passes over the text if it is there.
  mutating func take(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard bytes.count - position >= length else { return false }
    for offset in 0..<length where bytes[position + offset] != text.utf8Start[offset] { return false }
    position += length
    return true
  }

  /// A UUID, as we write it: another spelling has a path of its own.
  mutating func takeID() -> ConversationID? {
    guard bytes.count - position >= 36 else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 36])
    guard let uuid = UUIDValue(lowercase: text) else { return nil }
    position += 36
    return ConversationID(uuid)
  }

  /// The rest of a target: visible characters.
  mutating func takeTarget() -> Range<Int> {
    take { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
  }

  /// What a query needs no encoding for (RFC 3986, 2.3).
  mutating func takeUnreserved() -> Range<Int> { take { Self.isUnreserved[Int($0)] } }

  /// Whether a field leaves a request's reading, and what its connection does, as they are.
  func isHarmless(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
    func isNamed(_ text: StaticString) -> Bool { bytes.isEqualIgnoringCase(name, text) }
    switch name.count {
    case 2: return !isNamed("te")
    case 6: return !isNamed("expect")
    case 7: return !isNamed("upgrade") && !isNamed("trailer")
    case 10 where isNamed("connection"): return bytes.isEqualIgnoringCase(value, "keep-alive")
    case 14: return !isNamed("content-length")
    case 16: return !isNamed("proxy-connection")
    case 17: return !isNamed("transfer-encoding")
    default: return true
    }
  }

  /// A whole line: the ranges of its name and of its value. Blanks behind the value are not taken: the decoder leaves them
  /// there.
  mutating func takeField() -> (name: Range<Int>, value: Range<Int>)? {
    let name = take { Self.isTokenCharacter[Int($0)] }
    guard !name.isEmpty, take(":") else { return nil }
    _ = take { $0 == 0x20 || $0 == 0x09 }
    let value = take { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 }
    if let last = value.last, bytes[last] == 0x20 || bytes[last] == 0x09 { return nil }
    return take("\r\n") ? (name, value) : nil
  }

  @inline(__always)
  private mutating func take(while isPart: (UInt8) -> Bool) -> Range<Int> {
    let start = position
    while position < bytes.count, isPart(bytes[position]) { position += 1 }
    return start..<position
  }

  /// RFC 9110, 5.6.2.
  private static let isTokenCharacter = alphanumerics(and: "!#$%&'*+-.^_`|~")
  private static let isUnreserved = alphanumerics(and: "-._~")

  private static func alphanumerics(and others: String) -> [Bool] {
    (0..<256).map { code in
      let byte = UInt8(code)
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        return true
      default: return others.utf8.contains(byte)
      }
    }
  }
}

extension Range<Int> {
  /// - Returns: false when one was there before.
  func setOnce(_ range: inout Range<Int>?) -> Bool {
    guard range == nil else { return false }
    range = self
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// - Parameter other: in lower case.
  func isEqualIgnoringCase(_ range: Range<Int>, _ other: StaticString) -> Bool {
    guard range.count == other.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count {
      let byte = self[range.lowerBound + offset]
      let lower = byte &- 65 < 26 ? byte | 0x20 : byte
      if lower != other.utf8Start[offset] { return false }
    }
    return true
  }

  /// Whether these are the same bytes.
  func isEqual(to other: [UInt8]) -> Bool {
    guard count == other.count, count > 0, let baseAddress else { return count == other.count }
    return other.withUnsafeBytes { memcmp(baseAddress, $0.baseAddress.unsafelyUnwrapped, count) == 0 }
  }

  /// The bytes of a range as text.
  func text(_ range: Range<Int>) -> String {
    String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
  }
}

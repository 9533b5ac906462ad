/// 128 bits with the text form of RFC 9562: what the typed ids of this module are made of.
package struct UUIDValue: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The first eight bytes, in network order.
  package let high: UInt64
  /// The last eight bytes, in network order.
  package let low: UInt64

  /// Characters of ``description``.
  static let textLength = 36

  /// From the two halves, as the database delivers them.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Exactly `8-4-4-4-12` hexadecimal digits, of either case as RFC 9562 asks of readers; anything else is nil.
  package init?(_ text: some StringProtocol) {
    func read(_ bytes: UnsafeRawBufferPointer) -> UUIDValue? { Self.read(bytes, lowercaseOnly: false) }
    let stored = text.utf8.withContiguousStorageIfAvailable { read(UnsafeRawBufferPointer($0)) }
    // Only a bridged string has no such storage.
    let value = stored ?? Array(text.utf8).withUnsafeBytes { read($0) }
    guard let value else { return nil }
    self = value
  }

  /// The standard form in lower case, as ``description`` has it; anything else is nil.
  package init?(lowercase text: UnsafeRawBufferPointer) {
    guard let value = Self.read(text, lowercaseOnly: true) else { return nil }
    self = value
  }

  private static func read(_ text: UnsafeRawBufferPointer, lowercaseOnly: Bool) -> UUIDValue? {
    guard text.count == 36 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for index in 0..<36 {
      let byte = text[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = byte.hexadecimalValue,
        !(lowercaseOnly && (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte))
      else { return nil }
      high = high << 4 | low >> 60
      low = low << 4 | UInt64(digit)
    }
    return UUIDValue(high: high, low: low)
  }

  /// A version 4 value from the system's generator.
  package static func random() -> UUIDValue {
    var generator = SystemRandomNumberGenerator()
    let high: UInt64 = generator.next() & ~0xF000 | 0x4000
    let low: UInt64 = generator.next() & ~(0b11 << 62) | 0b10 << 62
    return UUIDValue(high: high, low: low)
  }

  /// The order of the bytes, which is also the order of the texts and that of Postgres.
  package static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  /// Lower case, with hyphens.
  package var description: String {
    String(unsafeUninitializedCapacity: 36) { target in
      write(to: UnsafeMutableRawBufferPointer(target))
      return 36
    }
  }

  /// Writes the 36 characters of ``description``.
  package func write(to target: UnsafeMutableRawBufferPointer) {
    var (rest, half) = (high, 0)
    for index in 0..<36 {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        target[index] = UInt8(ascii: "-")
        continue
      }
      if half == 16 { rest = low }
      target[index] = hexadecimalDigits.utf8Start[Int(rest >> 60)]
      rest <<= 4
      half += 1
    }
  }
}

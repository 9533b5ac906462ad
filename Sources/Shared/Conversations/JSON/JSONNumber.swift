/// A JSON number taken apart: ±digits · 10^exponent, without leading or trailing zeros in the digits (zero has none).
struct JSONNumber: Equatable {
  private let isNegative: Bool
  private let digits: [UInt8]
  private let exponent: Int
  /// Whether Postgres' `numeric` holds it and gives it back in a few hundred characters: 1e131000 would come back as
  /// 131,001 digits.
  let isStorable: Bool

  /// From a token the scanner has checked.
  init(_ token: Slice<UnsafeBufferPointer<UInt8>>) {
    var digits: [UInt8] = []
    var fractionDigits = 0
    var isFraction = false
    let mantissa = token.prefix { $0 | 0x20 != UInt8(ascii: "e") }
    for byte in mantissa {
      if byte == UInt8(ascii: ".") { isFraction = true }
      guard byte &- UInt8(ascii: "0") < 10 else { continue }
      if isFraction { fractionDigits += 1 }
      if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte) }
    }
    let written = Self.exponent(token.dropFirst(mantissa.count + 1))
    let trailingZeros = digits.reversed().prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeLast(trailingZeros)
    self.digits = digits
    isNegative = token.first == UInt8(ascii: "-") && !digits.isEmpty
    exponent = digits.isEmpty ? 0 : written - fractionDigits + trailingZeros
    let magnitude = digits.isEmpty ? 0 : exponent + digits.count - 1
    isStorable = token.count <= 1000 && abs(written) <= 400 && abs(magnitude) <= 308
  }

  /// The one spelling of this value, itself a JSON number.
  var reduced: [UInt8] {
    guard !digits.isEmpty else { return [UInt8(ascii: "0")] }
    let sign: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    return sign + digits + (exponent == 0 ? [] : Array("e\(exponent)".utf8))
  }

  /// Without an exponent, as `jsonb` gives it back: what counts towards a size limit is what will be stored.
  var expanded: [UInt8] {
    guard !digits.isEmpty else { return [UInt8(ascii: "0")] }
    let zero = UInt8(ascii: "0")
    let sign: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    if exponent >= 0 { return sign + digits + Array(repeating: zero, count: exponent) }
    let point = digits.count + exponent
    if point > 0 { return sign + digits[..<point] + [UInt8(ascii: ".")] + digits[point...] }
    return sign + [zero, UInt8(ascii: ".")] + Array(repeating: zero, count: -point) + digits
  }

  /// Saturates far outside of what is storable.
  private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var value = 0
    for byte in text where byte &- UInt8(ascii: "0") < 10 {
      value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000)
    }
    return text.first == UInt8(ascii: "-") ? -value : value
  }
}

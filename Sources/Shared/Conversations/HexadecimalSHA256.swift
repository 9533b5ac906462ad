import Crypto

/// The SHA-256 of bytes in 64 lower-case hexadecimal digits.
package func hexadecimalSHA256(of bytes: Span<UInt8>) -> String {
  hexadecimal(Array(bytes.withUnsafeBytes { SHA256.hash(data: $0) }))
}

/// Two lower-case digits a byte.
func hexadecimal(_ bytes: [UInt8]) -> String {
  String(unsafeUninitializedCapacity: bytes.count * 2) { target in
    var index = 0
    for byte in bytes {
      target[index] = hexadecimalDigits.utf8Start[Int(byte >> 4)]
      target[index + 1] = hexadecimalDigits.utf8Start[Int(byte & 15)]
      index += 2
    }
    return index
  }
}

/// The bytes of pairs of digits, of lower case only, so that no two texts mean the same; nil for any other text.
func bytes(hexadecimal text: String) -> [UInt8]? {
  let digits = text.utf8.map {
    (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? nil : $0.hexadecimalValue
  }
  guard digits.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 2)
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = digits[index], let low = digits[index + 1] else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

import Crypto

/// The SHA-256 of bytes in 64 lower-case hexadecimal digits.
package func hexadecimalSHA256(of bytes: Span<UInt8>) -> String {
  let digest = bytes.withUnsafeBytes { SHA256.hash(data: $0) }
  return String(unsafeUninitializedCapacity: SHA256.byteCount * 2) { target in
    var index = 0
    for byte in digest {
      target[index] = hexadecimalDigits.utf8Start[Int(byte >> 4)]
      target[index + 1] = hexadecimalDigits.utf8Start[Int(byte & 15)]
      index += 2
    }
    return index
  }
}

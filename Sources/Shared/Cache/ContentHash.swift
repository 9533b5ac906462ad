internal import Crypto
internal import NIOCore

/// The first 128 bits of the SHA-256 of a body, as hex: equal bytes have equal ETags on every instance.
struct ContentHash: Equatable, Sendable {
  static let textLength = 32

  private let high: UInt64
  private let low: UInt64

  init(of body: ByteBuffer) {
    var sha = SHA256()
    body.withUnsafeReadableBytes { sha.update(bufferPointer: $0) }
    (high, low) = sha.finalize().withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self).bigEndian,
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
      )
    }
  }

  /// Takes exactly 32 lower-case hex digits.
  init?(_ digits: some Collection<UInt8>) {
    guard digits.count == Self.textLength, let high = UInt64(lowercaseHex: digits.prefix(16)),
      let low = UInt64(lowercaseHex: digits.dropFirst(16))
    else { return nil }
    (self.high, self.low) = (high, low)
  }

  var text: String { high.lowercaseHex + low.lowercaseHex }

  /// A strong entity tag; the packed form has one of its own.
  func etag(_ form: ContentForm) -> String {
    let end: StaticString =
      switch form {
      case .plain: "\""
      case .gzip: "-gzip\""
      }
    let length = 1 + Self.textLength + end.utf8CodeUnitCount
    return String(unsafeUninitializedCapacity: length) { tag in
      tag[0] = UInt8(ascii: "\"")
      high.writeLowercaseHex(to: tag, at: 1)
      low.writeLowercaseHex(to: tag, at: 17)
      for offset in 0..<end.utf8CodeUnitCount { tag[1 + Self.textLength + offset] = end.utf8Start[offset] }
      return length
    }
  }

  /// The packed form's tag, from the plain one's.
  static func packedTag(_ etag: String) -> String { "\(etag.dropLast())-gzip\"" }
}

import Foundation

/// The encoding of everything in a JWT (RFC 7515, 2): base64 with `-` and `_`, without padding.
enum Base64URL {
  /// Nil for anything else, so that a token has one spelling only: bits that stand for nothing must be zero.
  static func decode(_ text: Substring.UTF8View) -> Data? {
    var standard = Data()
    standard.reserveCapacity(text.count + 3)
    for byte in text {
      switch byte {
      case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
      default: standard.append(byte)
      }
    }
    standard.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - standard.count % 4) % 4))
    guard let data = Data(base64Encoded: standard), data.base64EncodedData() == standard else { return nil }
    return data
  }

  static func encode(_ data: Data) -> String {
    String(decoding: data.base64EncodedData(), as: UTF8.self)
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}

internal import Glibc
package import NIOCore

/// An IPv4 or IPv6 address, without port or zone. An IPv4 address that a socket for both kinds reports as IPv6 is the
/// IPv4 address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// Four bytes or sixteen, the most significant first.
  package let bytes: [UInt8]

  /// Reads the usual notation of either kind.
  package init?(_ text: String) {
    var four = in_addr()
    var sixteen = in6_addr()
    // The C library would not look behind a zero byte.
    if text.utf8.contains(0) {
      return nil
    } else if inet_pton(AF_INET, text, &four) == 1 {
      self.init(four)
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      self.init(sixteen)
    } else {
      return nil
    }
  }

  /// A socket's address; nil for one that is no IP socket.
  package init?(_ address: SocketAddress?) {
    guard let text = address?.ipAddress else { return nil }
    self.init(text)
  }

  private init(_ four: in_addr) {
    bytes = withUnsafeBytes(of: four) { Array($0) }
  }

  private init(_ sixteen: in6_addr) {
    let all = withUnsafeBytes(of: sixteen) { Array($0) }
    let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10] == 255 && all[11] == 255
    bytes = isMapped ? Array(all[12...]) : all
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// 127.0.0.1.
  package static let loopback = IPAddress(bytes: [127, 0, 0, 1])

  package var isIPv4: Bool { bytes.count == 4 }

  /// Whether it is this machine's own: 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    isIPv4 ? bytes[0] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  /// The first address of its network.
  package func masked(to prefix: Int) -> IPAddress {
    IPAddress(
      bytes: bytes.enumerated().map { index, byte in
        let kept = min(max(prefix - index * 8, 0), 8)
        return byte & UInt8(truncatingIfNeeded: 0xff00 >> kept)
      })
  }

  /// The usual notation; of IPv6 the short one (RFC 5952).
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
      preconditionFailure("an IP address of \(bytes.count) bytes")
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

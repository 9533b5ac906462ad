internal import Glibc

/// Networks in CIDR notation, IPv4 and IPv6, such as those of `ADMIN_NETWORKS`.
package struct NetworkList: Sendable, Equatable {
  private let networks: [Network]

  /// Loopback and the private ranges (RFC 1918, RFC 4193).
  package static let privateRanges = NetworkList(
    networks: [
      "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
    ].compactMap { Network($0) })

  private init(networks: [Network]) {
    self.networks = networks
  }

  /// Reads a comma-separated list; whatever is no network is reported, and left out.
  package init(reader: SettingsReader, _ name: String, default list: NetworkList) {
    let texts = reader.list(reader.string(name))
    let networks = texts.compactMap { Network($0) }
    if networks.count < texts.count {
      reader.report(
        name, "expected networks such as 10.0.0.0/8,192.168.1.7,fd00::/8, separated by commas")
    }
    self = texts.isEmpty ? list : NetworkList(networks: networks)
  }

  /// Whether the address, in its usual notation, lies in one of them; one that cannot be read does not.
  package func contains(_ address: String) -> Bool {
    guard let bytes = Network.bytes(address) else { return false }
    return networks.contains { $0.contains(bytes) }
  }
}

/// One network. Bits behind the prefix do not count.
private struct Network: Sendable, Equatable {
  let address: [UInt8]
  let prefix: Int

  /// `address/prefix`, or an address alone.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ Self.bytes(String($0)) }) else { return nil }
    self.address = address
    guard parts.count == 2 else {
      prefix = address.count * 8
      return
    }
    // A mapped network would be shortened with its address: nobody writes one, so it is refused.
    guard !parts[0].lowercased().hasPrefix("::ffff:"), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
      let prefix = Int(parts[1]), (0...address.count * 8).contains(prefix)
    else { return nil }
    self.prefix = prefix
  }

  func contains(_ other: [UInt8]) -> Bool {
    guard other.count == address.count else { return false }
    let whole = prefix / 8
    guard other[..<whole] == address[..<whole] else { return false }
    let rest = prefix % 8
    return rest == 0 || (other[whole] ^ address[whole]) >> (8 - rest) == 0
  }

  /// Four bytes or sixteen; an IPv4 address that a socket for both kinds reports as IPv6 counts as IPv4.
  static func bytes(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var sixteen = in6_addr()
    guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
    let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
    return isMapped ? Array(bytes[12...]) : bytes
  }
}

/// Networks in CIDR notation, IPv4 and IPv6, such as those of `ADMIN_NETWORKS`.
package struct NetworkList: Sendable, Equatable {
  private let networks: [Network]

  /// Loopback and the private ranges (RFC 1918, RFC 4193).
  package static let privateRanges = NetworkList(
    networks: [
      "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
    ].compactMap { Network($0) })

  /// No address at all.
  package static let none = NetworkList(networks: [])

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

  /// Whether the address lies in one of them.
  package func contains(_ address: IPAddress) -> Bool {
    networks.contains { $0.contains(address) }
  }
}

/// One network. Bits behind the prefix do not count.
private struct Network: Sendable, Equatable {
  let first: IPAddress
  let prefix: Int

  /// `address/prefix`, or an address alone.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
    guard parts.count == 2 else {
      first = address
      prefix = address.bytes.count * 8
      return
    }
    // A mapped network would be shortened with its address: nobody writes one, so it is refused.
    guard !parts[0].lowercased().hasPrefix("::ffff:"), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
      let prefix = Int(parts[1]), (0...address.bytes.count * 8).contains(prefix)
    else { return nil }
    first = address.masked(to: prefix)
    self.prefix = prefix
  }

  func contains(_ address: IPAddress) -> Bool {
    address.bytes.count == first.bytes.count && address.masked(to: prefix) == first
  }
}

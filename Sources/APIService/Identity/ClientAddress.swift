import Settings

/// Where a request comes from: the peer of its connection or, when that is a trusted proxy, whom the proxies name.
struct ClientAddress: Sendable, Equatable {
  /// Nil when the connection is no IP connection.
  let address: IPAddress?
  /// Whether `X-Forwarded-For` of trusted proxies told it. A request that came by any other proxy has the address of
  /// that one, or of the last trusted one.
  let isForwarded: Bool

  /// Follows the chain of proxies from the connection backwards, as long as they are trusted. What the first one that
  /// is not trusted says about itself, anybody may have written.
  ///
  /// - Parameters:
  ///   - forwardedFor: the values of the request's `X-Forwarded-For` fields.
  ///   - proxies: `TRUSTED_PROXIES`.
  init(peer: IPAddress?, forwardedFor: [String] = [], trusting proxies: NetworkList = .none) {
    var (address, isForwarded) = (peer, false)
    var hops = forwardedFor.flatMap { $0.split(separator: ",") }[...]
    while let nearest = address, proxies.contains(nearest), let hop = hops.popLast() {
      guard let named = Self.address(of: hop) else {
        isForwarded = false
        break
      }
      (address, isForwarded) = (named, true)
    }
    self.address = address
    self.isForwarded = isForwarded
  }

  /// Whom limits by address count together: an IPv4 address, or a network of IPv6 as long as providers give to one
  /// subscriber, who has its 2⁶⁴ addresses for the asking.
  var limitKey: String {
    guard let address else { return "unknown" }
    return address.isIPv4 ? address.description : "\(address.masked(to: 64))/64"
  }

  /// An element of `X-Forwarded-For`: an address, with a port from some proxies.
  private static func address(of hop: Substring) -> IPAddress? {
    var text = hop.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    if text.first == "[" {
      return text.firstIndex(of: "]").flatMap { IPAddress(String(text[..<$0].dropFirst())) }
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return IPAddress(String(parts.count == 2 ? parts[0] : text))
  }
}

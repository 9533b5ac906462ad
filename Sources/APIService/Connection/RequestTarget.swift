import NIOHTTP1

/// The four forms of a request's target (RFC 9112, 3.2).
enum RequestTarget {
  /// A path with its query, or `*`.
  static func path(of head: HTTPRequestHead) throws(Problem) -> String {
    let target = head.uri
    guard target.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw malformed
    }
    if target.utf8.first == UInt8(ascii: "/") { return target }
    if target == "*", head.method == .OPTIONS { return target }
    return try pathOfAbsolute(target)
  }

  /// What proxies send, and every server must take.
  private static func pathOfAbsolute(_ target: String) throws(Problem) -> String {
    let start = target.prefix { $0 != ":" }.lowercased()
    guard start == "http" || start == "https" else { throw malformed }
    let rest = target.dropFirst(start.count)
    guard rest.hasPrefix("://") else { throw malformed }
    let hierarchy = rest.dropFirst(3)
    let authority = hierarchy.prefix { $0 != "/" && $0 != "?" }
    guard Authority.isValid(String(authority)) else { throw malformed }
    let path = hierarchy[authority.endIndex...]
    return path.first == "/" ? String(path) : "/\(path)"
  }

  private static let malformed = Problem.badRequest("malformed_request", "the request's target is malformed")
}

/// A host with an optional port, as `Host` has it.
enum Authority {
  static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let address = bytes[bytes.index(after: bytes.startIndex)..<end]
      return !address.isEmpty && address.allSatisfy(isPartOfAddress)
        && isPort(bytes[bytes.index(after: end)...])
    }
    let host = bytes.prefix { $0 != UInt8(ascii: ":") }
    return !host.isEmpty && host.allSatisfy(isPartOfName) && isPort(bytes[host.endIndex...])
  }

  /// Nothing, or a colon with a number.
  private static func isPort(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first else { return true }
    let digits = text.dropFirst()
    return first == UInt8(ascii: ":") && digits.count <= 5 && digits.allSatisfy { (48...57).contains($0) }
  }

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"), UInt8(ascii: "%"):
      true
    default: false
    }
  }

  private static func isPartOfAddress(_ byte: UInt8) -> Bool {
    isPartOfName(byte) || byte == UInt8(ascii: ":")
  }
}

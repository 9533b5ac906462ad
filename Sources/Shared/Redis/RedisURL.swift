/// Where a Redis server is and how to log in: `redis[s]://[user[:password]@]host[:port][/database]`.
///
/// `rediss` means TLS. User and password are percent-decoded; `redis://:secret@host` has a password and no
/// user. A query or fragment is refused, rather than an option being silently without effect.
package struct RedisURL: Sendable, Equatable {
  package let host: String
  /// 6379 unless the URL names another.
  package let port: Int
  /// The ACL user; nil is the server's `default`.
  package let username: String?
  package let password: String?
  /// 0 unless the URL names another.
  package let database: Int
  package let isTLS: Bool

  /// From parts, where settings name them one by one.
  package init(
    host: String, port: Int = 6379, username: String? = nil, password: String? = nil, database: Int = 0,
    isTLS: Bool = false
  ) {
    self.host = host
    self.port = port
    self.username = username
    self.password = password
    self.database = database
    self.isTLS = isTLS
  }

  /// Throws ``RedisError/Code/invalidURL`` with a detail that never shows any part of the password.
  package init(_ string: String) throws(RedisError) {
    let (isTLS, rest) = try Self.splitScheme(string)
    guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw RedisError(.invalidURL, "a query or a fragment is not supported")
    }
    let (authority, path) = Self.split(rest, atFirst: "/")
    // The last @: a password pasted without encoding its own @ still leaves the host in one piece.
    let hostStart = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
    (username, password) = try Self.credentials(authority[..<hostStart].dropLast())
    (host, port) = try Self.hostAndPort(authority[hostStart...])
    database = try Self.database(path ?? "")
    self.isTLS = isTLS
  }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible {
  /// The URL with the password as `***`: safe in a log.
  package var description: String {
    let user = username ?? ""
    let login = password == nil ? (user.isEmpty ? "" : "\(user)@") : "\(user):***@"
    let shownHost = host.contains(":") ? "[\(host)]" : host
    return "\(isTLS ? "rediss" : "redis")://\(login)\(shownHost):\(port)/\(database)"
  }

  package var debugDescription: String { description }
}

extension RedisURL: CustomReflectable {
  /// `dump` and `String(reflecting:)` show the description only: a mirror would show the password.
  package var customMirror: Mirror { Mirror(self, children: [("url", description)]) }
}

extension RedisURL {
  private static func splitScheme(_ string: String) throws(RedisError) -> (isTLS: Bool, rest: Substring) {
    for (scheme, isTLS) in [("redis://", false), ("rediss://", true)]
    where string.prefix(scheme.count).lowercased() == scheme {
      return (isTLS, string.dropFirst(scheme.count))
    }
    throw RedisError(.invalidURL, "the scheme must be redis:// or rediss://")
  }

  private static func split(_ text: Substring, atFirst mark: Character) -> (Substring, Substring?) {
    guard let index = text.firstIndex(of: mark) else { return (text, nil) }
    return (text[..<index], text[text.index(after: index)...])
  }

  private static func credentials(_ text: Substring) throws(RedisError) -> (String?, String?) {
    let (user, password) = split(text, atFirst: ":")
    let decodedUser = try percentDecoded(user)
    let decodedPassword: String? = if let password { try percentDecoded(password) } else { nil }
    guard decodedUser.isEmpty || decodedPassword != nil else {
      throw RedisError(.invalidURL, "a user without a password; write redis://:password@host for none")
    }
    return (decodedUser.isEmpty ? nil : decodedUser, decodedPassword?.isEmpty == true ? nil : decodedPassword)
  }

  private static func hostAndPort(_ text: Substring) throws(RedisError) -> (String, Int) {
    if text.first == "[", let end = text.firstIndex(of: "]") {
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else { throw RedisError(.invalidURL, "the host is malformed") }
      return (String(text[text.index(after: text.startIndex)..<end]), try port(rest.dropFirst()))
    }
    let (host, port) = split(text, atFirst: ":")
    guard !host.isEmpty else { throw RedisError(.invalidURL, "the host is missing") }
    return (try percentDecoded(host), try self.port(port ?? ""))
  }

  private static func port(_ text: Substring) throws(RedisError) -> Int {
    if text.isEmpty { return 6379 }
    guard let port = decimal(text), (1...65_535).contains(port) else {
      throw RedisError(.invalidURL, "the port is not a number from 1 to 65535")
    }
    return port
  }

  private static func database(_ text: Substring) throws(RedisError) -> Int {
    if text.isEmpty { return 0 }
    guard let database = decimal(text), database <= Int(Int32.max) else {
      throw RedisError(.invalidURL, "the path is not a database number")
    }
    return database
  }

  /// Digits only: `Int(_:)` alone would take a sign.
  private static func decimal(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = hexByte(rest.prefix(2)) else {
        throw RedisError(.invalidURL, "a % that two hex digits do not follow")
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw RedisError(.invalidURL, "percent-encoding that is not UTF-8")
    }
    return decoded
  }

  private static func hexByte(_ digits: Substring.UTF8View) -> UInt8? {
    let text = String(Substring(digits))
    return text.count == 2 && text.allSatisfy(\.isHexDigit) ? UInt8(text, radix: 16) : nil
  }
}

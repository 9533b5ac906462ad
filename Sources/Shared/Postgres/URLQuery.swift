/// The query parameters of a database URL that are Prisma's, taken out of it.
struct URLQuery {
  private static let known: Set<String> = [
    "connection_limit", "pool_timeout", "connect_timeout", "socket_timeout", "schema", "pgbouncer",
    "statement_cache_size", "sslaccept", "max_connection_lifetime", "max_idle_connection_lifetime",
    "single_use_connections",
  ]

  private var values: [String: String] = [:]

  /// The URL without Prisma's parameters, and those. Of a repeated parameter the last counts.
  static func split(_ url: String) throws(PostgresError) -> (url: String, query: URLQuery) {
    guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
      throw PostgresError(.invalidURL, "a database URL begins with postgresql://")
    }
    guard !url.utf8.contains(0) else { throw PostgresError(.invalidURL, "a NUL character in it") }
    guard let mark = url.firstIndex(of: "?") else { return (url, URLQuery()) }
    var query = URLQuery()
    var rest: [Substring] = []
    for item in url[url.index(after: mark)...].split(separator: "&") {
      let name = item.prefix { $0 != "=" }
      guard known.contains(String(name)) else {
        rest.append(item)
        continue
      }
      guard let value = percentDecoded(item.dropFirst(name.count + 1)) else {
        throw PostgresError(.invalidURL, "\(name) is not percent-encoded properly")
      }
      query.values[String(name)] = value
    }
    let base = url[..<mark]
    return (rest.isEmpty ? String(base) : base + "?" + rest.joined(separator: "&"), query)
  }

  /// The value of a parameter; empty counts as absent.
  mutating func take(_ name: String) -> String? {
    guard let value = values.removeValue(forKey: name), !value.isEmpty else { return nil }
    return value
  }

  mutating func integer(
    _ name: String, default fallback: Int, minimum: Int
  ) throws(PostgresError) -> Int {
    guard let text = take(name) else { return fallback }
    guard let value = Int(text), value >= minimum, value <= Int(Int32.max) else {
      throw PostgresError(.invalidURL, "\(name) must be a whole number, at least \(minimum)")
    }
    return value
  }

  mutating func flag(_ name: String) throws(PostgresError) -> Bool {
    switch take(name) {
    case nil, "false": false
    case "true": true
    default: throw PostgresError(.invalidURL, "\(name) is true or false")
    }
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = Substring(rest.prefix(2)) as Substring?, digits.utf8.count == 2,
        let decoded = UInt8(digits, radix: 16), decoded != 0
      else { return nil }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

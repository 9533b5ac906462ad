/// Where a database is and how many connections may be opened to it.
///
/// `postgresql://` and `postgres://` as libpq reads them: several hosts, percent-encoding,
/// `?host=/socket/dir`.
/// Prisma's parameters are honoured and never reach libpq:
///
/// | parameter | meaning |
/// |---|---|
/// | `connection_limit` | connections of one client; 20, at least 1 |
/// | `pool_timeout` | seconds to wait for a free connection; 10; 0 waits without limit |
/// | `connect_timeout` | seconds for one attempt; 2; 0 means 60 here |
/// | `socket_timeout` | deadline in seconds of a statement that has none; 0 for the settings' |
/// | `schema` | becomes the `search_path` |
/// | `pgbouncer` | `true` turns prepared statements off |
/// | `statement_cache_size` | prepared statements per connection; 500; 0 turns them off |
/// | `sslaccept` | `strict` verifies certificate and host name, unless `sslmode` already says `verify-…` |
/// | `sslcert` | without `sslkey` the server's root certificate, with it libpq's client certificate |
/// | `max_connection_lifetime` `max_idle_connection_lifetime` `single_use_connections` | ignored |
package struct PostgresURL: Sendable, Equatable {
  /// The most connections of one client, pipelined and exclusive together.
  package private(set) var connectionLimit: Int
  /// How long to wait for an exclusive connection; nil waits as long as the caller does.
  package let poolTimeout: Duration?
  /// How long one attempt to connect may take, per host.
  package let connectTimeout: Duration
  /// The deadline of statements that were given none.
  package let socketTimeout: Duration?
  /// Most prepared statements on one connection; 0 for none.
  let statementCacheSize: Int
  /// What libpq is told, by its keywords.
  let connection: [String: String]

  /// Reads a URL; throws `invalidURL` with a reason that never repeats a value of it.
  package init(_ string: String) throws(PostgresError) {
    var (url, prisma) = try URLQuery.split(string)
    var connection = try ConnectionInformation.parse(url)
    try connection.checkPorts()
    connectionLimit = try prisma.integer("connection_limit", default: 20, minimum: 1)
    let poolTimeout = try prisma.integer("pool_timeout", default: 10, minimum: 0)
    self.poolTimeout = poolTimeout == 0 ? nil : .seconds(poolTimeout)
    let connectTimeout = try prisma.integer("connect_timeout", default: 2, minimum: 0)
    self.connectTimeout = .seconds(connectTimeout == 0 ? 60 : connectTimeout)
    let socketTimeout = try prisma.integer("socket_timeout", default: 0, minimum: 0)
    self.socketTimeout = socketTimeout == 0 ? nil : .seconds(socketTimeout)
    let cacheSize = try prisma.integer("statement_cache_size", default: 500, minimum: 0)
    statementCacheSize = try prisma.flag("pgbouncer") ? 0 : cacheSize
    if let schema = prisma.take("schema") { connection.setSearchPath(schema) }
    try connection.applyCertificates(accept: prisma.take("sslaccept"))
    self.connection = connection
  }

  /// The same place with fewer connections.
  package func limited(to connections: Int) -> PostgresURL {
    var url = self
    url.connectionLimit = min(connections, connectionLimit)
    return url
  }
}

extension PostgresURL: CustomStringConvertible, CustomDebugStringConvertible {
  /// `user@host:port/database`, without the password and the parameters.
  package var description: String {
    let host = connection["host"] ?? connection["hostaddr"] ?? "localhost"
    let port = connection["port"].map { ":\($0)" } ?? ""
    let user = connection["user"].map { "\($0)@" } ?? ""
    return "postgresql://\(user)\(host)\(port)/\(connection["dbname"] ?? "")"
  }

  /// As `description`: a debugger's or a test's dump shows no password either.
  package var debugDescription: String { description }
}

extension PostgresURL: CustomReflectable {
  /// Hides the stored properties, the password among them, from `dump` and failed expectations.
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension [String: String] {
  /// libpq looks at them when it connects, and then again and again. One for each host, or one for all; empty is 5432.
  fileprivate func checkPorts() throws(PostgresError) {
    for port in (self["port"] ?? "").split(separator: ",") {
      guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
        (1...65_535).contains(number)
      else { throw PostgresError(.invalidURL, "the port is not a number from 1 to 65535") }
    }
  }

  fileprivate mutating func setSearchPath(_ schema: String) {
    let quoted = "\"" + schema.replacing("\"", with: "\"\"") + "\""
    let escaped = quoted.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
    let others = self["options"].map { $0 + " " } ?? ""
    self["options"] = "\(others)-csearch_path=\(escaped)"
  }

  fileprivate mutating func applyCertificates(accept: String?) throws(PostgresError) {
    if self["sslkey"] == nil, self["sslrootcert"] == nil, let root = removeValue(forKey: "sslcert") {
      self["sslrootcert"] = root
    }
    switch accept {
    case nil, "accept_invalid_certs": break
    case "strict": if self["sslmode"]?.hasPrefix("verify") != true { self["sslmode"] = "verify-full" }
    default: throw PostgresError(.invalidURL, "sslaccept is strict or accept_invalid_certs")
    }
  }
}

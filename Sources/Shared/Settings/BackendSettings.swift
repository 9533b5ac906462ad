package import Cache
package import Postgres
package import Redis

/// Where Redis and Postgres are, and how the cache behaves: what both programs need.
package struct BackendSettings: Sendable {
  /// `REDIS_CACHE_URL`, else `REDIS_URL`, else from `REDIS_HOST` (`localhost`), `REDIS_PORT` (6379) and
  /// `REDIS_PASSWORD`. May evict.
  package let cacheURL: RedisURL
  /// `REDIS_QUEUE_URL`, else as above. Must not evict.
  package let queueURL: RedisURL
  /// `DATABASE_WRITE_URL`, else `DATABASE_URL`. Required.
  package let writeURL: PostgresURL
  /// `DATABASE_DIRECT_URL`, else the write URL: for transactions that last, past PgBouncer.
  package let directURL: PostgresURL
  /// `DATABASE_READ_URL`: streaming replicas of the write database, comma-separated; none by default.
  package let replicaURLs: [PostgresURL]
  /// `DATABASE_PREPARED_STATEMENTS`, `on`; `off` behind PgBouncer before 1.21.
  package let preparedStatements: Bool
  package let cache: CacheSettings

  /// Reads and checks all of it; problems go to the reader. Nil when a URL is missing or wrong.
  package init?(reader: SettingsReader) {
    let defaultRedis = Self.redisURL(reader)
    let cacheURL = Self.redis(reader, "REDIS_CACHE_URL", default: defaultRedis)
    let queueURL = Self.redis(reader, "REDIS_QUEUE_URL", default: defaultRedis)
    let writeURL = Self.writeURL(reader: reader)
    let directURL = Self.directURL(reader: reader) ?? writeURL
    let replicaURLs = Self.replicaURLs(reader: reader).filter { $0 != writeURL }
    preparedStatements = reader.boolean("DATABASE_PREPARED_STATEMENTS", default: true)
    cache = CacheSettings(reader: reader)
    guard let cacheURL, let queueURL, let writeURL, let directURL else { return nil }
    self.cacheURL = cacheURL
    self.queueURL = queueURL
    self.writeURL = writeURL
    self.directURL = directURL
    self.replicaURLs = replicaURLs
  }

  /// The queue's URL alone, for commands that need nothing else. Nil when it is wrong, which is reported.
  package static func queueURL(reader: SettingsReader) -> RedisURL? { ownURL("REDIS_QUEUE_URL", reader) }

  /// The cache's URL alone, in the same way.
  package static func cacheURL(reader: SettingsReader) -> RedisURL? { ownURL("REDIS_CACHE_URL", reader) }

  /// What is not used is not judged.
  private static func ownURL(_ name: String, _ reader: SettingsReader) -> RedisURL? {
    redis(reader, name, default: isSet(name, reader) ? nil : redisURL(reader))
  }

  private static func isSet(_ secret: String, _ reader: SettingsReader) -> Bool {
    [secret, "\(secret)_FILE"].contains { reader.string($0) != nil }
  }

  /// The primary's URL alone, for commands that need nothing else. Nil when it is missing or wrong, which is
  /// reported.
  package static func writeURL(reader: SettingsReader) -> PostgresURL? {
    let before = reader.problems.count
    let database = database(reader, "DATABASE_URL")
    let isOwn = isSet("DATABASE_WRITE_URL", reader)
    if let url = isOwn ? Self.database(reader, "DATABASE_WRITE_URL") : database { return url }
    if reader.problems.count == before {
      reader.report("DATABASE_URL", "is required, for example postgresql://user:password@host:5432/name")
    }
    return nil
  }

  /// What is said of the direct way alone. Nil when nothing is, or it is wrong, which is reported.
  package static func directURL(reader: SettingsReader) -> PostgresURL? {
    database(reader, "DATABASE_DIRECT_URL")
  }

  /// The replicas' URLs alone, without those that are wrong, which are reported. A URL may itself list hosts with commas, so
  /// the list is split before each scheme.
  package static func replicaURLs(reader: SettingsReader) -> [PostgresURL] {
    guard let text = reader.secret("DATABASE_READ_URL") else { return [] }
    return text.replacing(",postgres", with: " postgres").split(separator: " ").compactMap { url in
      reader.parsed("DATABASE_READ_URL", String(url)) { try PostgresURL($0) }
    }
  }

  private static func redisURL(_ reader: SettingsReader) -> RedisURL? {
    if let text = reader.secret("REDIS_URL") { return redis(reader, "REDIS_URL", text) }
    let host = reader.string("REDIS_HOST") ?? "localhost"
    let port = reader.integer("REDIS_PORT", default: 6379, in: 1...65535)
    return RedisURL(host: host, port: port, password: reader.secret("REDIS_PASSWORD"))
  }

  private static func redis(_ reader: SettingsReader, _ name: String, default value: RedisURL?) -> RedisURL? {
    guard let text = reader.secret(name) else { return value }
    return redis(reader, name, text)
  }

  private static func redis(_ reader: SettingsReader, _ name: String, _ text: String) -> RedisURL? {
    reader.parsed(name, text) { try RedisURL($0) }
  }

  private static func database(_ reader: SettingsReader, _ name: String) -> PostgresURL? {
    guard let text = reader.secret(name) else { return nil }
    return reader.parsed(name, text) { try PostgresURL($0) }
  }
}

extension CacheSettings {
  /// `CACHE_TTL_SECONDS` (300) and `CACHE_MODE` (`strict`, `available`, `off`).
  package init(reader: SettingsReader) {
    self.init()
    timeToLive = .seconds(reader.integer("CACHE_TTL_SECONDS", default: 300, in: 1...86_400))
    mode = reader.choice(
      "CACHE_MODE", default: .strict, ["strict": .strict, "available": .available, "off": .off])
  }
}

extension BackendSettings {
  /// How the programs' Postgres clients behave.
  package var postgresSettings: PostgresClientSettings {
    var settings = PostgresClientSettings()
    settings.preparedStatements = preparedStatements
    return settings
  }
}

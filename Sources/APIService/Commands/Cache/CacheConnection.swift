import Cache
import Logging
import Redis
import Settings

/// The cache for the time of one command.
enum CacheConnection {
  /// Runs `body` with the cache that the settings name, and of them only those that it takes. Its mode does not count:
  /// a group can be looked at, and dropped, also where the programs do without the cache.
  static func with<Value: Sendable>(_ body: (Cache) async throws -> Value) async throws -> Value {
    let reader = try await SettingsReader()
    let url = BackendSettings.cacheURL(reader: reader)
    try reader.finish()
    guard let url else { preconditionFailure("no Redis URL and no reported problem") }
    // What goes wrong is said by the command itself.
    let logger = Logger(label: "cache") { _ in SwiftLogNoOpLogHandler() }
    let redis = RedisClient(url: url, logger: logger)
    var settings = CacheSettings()
    settings.commandTimeout = commandPatience
    settings.invalidationLimit = commandPatience
    let cache = Cache(redis: redis, settings: settings, logger: logger)
    return try await withRunning(redis) {
      do {
        try await redis.waitUntilConnected(within: commandPatience)
        return try await body(cache)
      } catch let error as RedisError {
        throw failure(error, url)
      }
    }
  }

  /// A server that answers with an error is there.
  private static func failure(_ error: RedisError, _ url: RedisURL) -> ProgramFailure {
    if error.code == .serverError {
      return ProgramFailure(.failure, "the cache's Redis at \(url): \(error.detail)")
    }
    return ProgramFailure(
      .unavailable,
      "the cache's Redis at \(url) cannot be reached: \(error.detail)\n"
        + "Check that it runs and that REDIS_CACHE_URL, or REDIS_URL, names it; then try again.")
  }
}

import Logging
import NIOPosix
import Redis
import TestSupport

extension RedisClientSettings {
  /// As in production but for a command timeout that a busy test machine keeps.
  static var test: RedisClientSettings {
    var settings = RedisClientSettings()
    settings.commandTimeout = .seconds(10)
    settings.reconnectBackoff = .milliseconds(10)...(.milliseconds(100))
    return settings
  }
}

extension RedisClient {
  /// A client that nobody runs yet.
  convenience init(_ url: String, _ settings: RedisClientSettings = .test) throws {
    self.init(
      url: try RedisURL(url), settings: settings, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "test"))
  }
}

/// Runs a client for the time of `body`, without waiting for it to connect.
func withRunningClient<Result: Sendable>(
  _ url: String, _ settings: RedisClientSettings = .test,
  _ body: @Sendable @escaping (RedisClient) async throws -> Result
) async throws -> Result {
  let client = try RedisClient(url, settings)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { group.cancelAll() }
    return try await body(client)
  }
}

/// Runs a client for the time of `body`, which begins when it is connected.
func withClient<Result: Sendable>(
  _ url: String, _ settings: RedisClientSettings = .test,
  _ body: @Sendable @escaping (RedisClient) async throws -> Result
) async throws -> Result {
  try await withRunningClient(url, settings) { client in
    try await client.waitUntilConnected(within: .seconds(10))
    return try await body(client)
  }
}

/// As `withClient`, on the server all tests share.
func withSharedServer<Result: Sendable>(
  _ settings: RedisClientSettings = .test, _ body: @Sendable @escaping (RedisClient) async throws -> Result
) async throws -> Result {
  try await withClient(try await SharedServers.redis().url, settings, body)
}

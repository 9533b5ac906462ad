/// One Redis and one Postgres per test process, started at first use.
///
/// Tests share them by own key prefixes and own databases; a test that stops or floods a server starts its own.
package enum SharedServers {
  // Bare tasks: whoever asks first starts the server, everyone awaits the same value.
  private static let redisStart = Task { try await RedisServer.start() }
  private static let postgresStart = Task { try await PostgresServer.start() }

  /// The shared Redis, without persistence.
  package static func redis() async throws -> RedisServer { try await redisStart.value }

  /// The shared Postgres; ask it for `createDatabase()`.
  package static func postgres() async throws -> PostgresServer { try await postgresStart.value }
}

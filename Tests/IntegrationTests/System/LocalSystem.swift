import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// A whole installation on loopback: a Redis for the cache, one for the queue, a migrated database, and as many APIs
/// and workers as a test starts.
final class LocalSystem: Sendable {
  let cacheRedis: RedisServer
  let queueRedis: RedisServer
  let postgres: PostgresServer
  /// As superuser, for looking behind the programs.
  let databaseURL: String
  /// As the role of the programs, which can neither create nor drop.
  let programURL: String
  /// As the role that migrates.
  let ownerURL: String
  let jwtSecret = "integration-tests-sign-with-this-secret"
  let webhookToken = "integration-webhook-token"
  private static let programRole = "freshet_programs"
  private let programs = NIOLockedValueBox<[ChildProcess]>([])

  /// A system with an own pair of Redis servers and an own database, ended with all its programs after `body`.
  ///
  /// - Parameter ownPostgres: for tests that stop the server; the others have a database of the shared one.
  static func run(ownPostgres: Bool = false, _ body: (LocalSystem) async throws -> Void) async throws {
    let system = try await start(ownPostgres: ownPostgres)
    do { try await body(system) } catch {
      await system.end(ownPostgres: ownPostgres)
      throw error
    }
    await system.end(ownPostgres: ownPostgres)
  }

  /// A system that lives as long as the test process.
  static func start(ownPostgres: Bool = false) async throws -> LocalSystem {
    try await start(
      postgres: ownPostgres ? try await PostgresServer.start() : try await SharedServers.postgres())
  }

  /// The same on a Postgres that the caller ends.
  static func start(postgres: PostgresServer) async throws -> LocalSystem {
    let database = try await postgres.createDatabase(owner: "freshet_owner")
    let system = LocalSystem(
      cacheRedis: try await RedisServer.start(arguments: ["--maxmemory-policy", "allkeys-lfu"]),
      queueRedis: try await RedisServer.start(persistent: true),
      postgres: postgres, databaseURL: database,
      programURL: try await postgres.url(of: database, as: Self.programRole),
      ownerURL: try await postgres.url(of: database, as: "freshet_owner"))
    try await system.migrate()
    return system
  }

  private init(
    cacheRedis: RedisServer, queueRedis: RedisServer, postgres: PostgresServer, databaseURL: String,
    programURL: String, ownerURL: String
  ) {
    self.cacheRedis = cacheRedis
    self.queueRedis = queueRedis
    self.postgres = postgres
    self.databaseURL = databaseURL
    self.programURL = programURL
    self.ownerURL = ownerURL
  }

  /// What both programs are told; `changes` win.
  func environment(_ changes: [String: String] = [:]) -> [String: String] {
    var settings = [
      "REDIS_CACHE_URL": cacheRedis.url, "REDIS_QUEUE_URL": queueRedis.url, "DATABASE_URL": programURL,
      "JWT_SECRET": jwtSecret, "WEBHOOK_TOKENS": webhookToken, "SHUTDOWN_DRAIN_SECONDS": "0",
      // High enough for what tests do, and all of them go past it.
      "LOG_LEVEL": "notice", "LOG_FORMAT": "json", "RATE_LIMIT_REQUESTS": "100000",
    ]
    // `make test-servers` runs suites with another server than the default one.
    settings["HTTP_SERVER"] = ProcessInfo.processInfo.environment["FRESHET_HTTP_SERVER"]
    return settings.merging(changes) { _, change in change }
  }

  /// Starts an API and returns when it is ready.
  func startAPI(_ changes: [String: String] = [:], from installation: Installation = .build) async throws
    -> API
  {
    let program = try await start(.api, changes, installation)
    return API(program: program, system: self)
  }

  /// Starts a worker and returns when it is ready.
  @discardableResult
  func startWorker(
    _ changes: [String: String] = [:], from installation: Installation = .build
  ) async throws -> RunningProgram {
    try await start(.worker, changes, installation)
  }

  /// Starts `migrate` and returns at once.
  func startMigration(from installation: Installation = .build) throws -> ChildProcess {
    let settings = ["DATABASE_URL": ownerURL, "DATABASE_APP_ROLE": Self.programRole]
    return try installation.start(.api, ["migrate"], environment(settings))
  }

  private func migrate() async throws {
    let migration = try startMigration()
    guard try await migration.wait() == .code(0) else {
      throw IntegrationError("migrate: \(migration.lines.joined(separator: "\n"))")
    }
  }

  private func start(
    _ kind: ProgramKind, _ changes: [String: String], _ installation: Installation
  ) async throws -> RunningProgram {
    let program = try await RunningProgram.start(kind, environment(changes), from: installation)
    programs.withLockedValue { $0.append(program.process) }
    return program
  }

  /// By SIGKILL: nothing here is worth an orderly end, which has tests of its own.
  func end(ownPostgres: Bool) async {
    for program in programs.withLockedValue({ $0 }) { program.kill() }
    // A server that the test itself has ended already is fine; the rest goes with the test process at the latest.
    for redis in [cacheRedis, queueRedis] { try? await redis.kill() }
    if ownPostgres { try? await postgres.kill() }
  }
}

/// A failure of the test's surroundings.
struct IntegrationError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

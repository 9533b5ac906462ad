import ArgumentParser
import Logging
import Postgres
import ServiceLifecycle
import Settings

/// Applies the SQL migrations to the write database.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Apply the SQL migrations to the write database; any number may run at once.")

  func run() async throws {
    let reader = try await SettingsReader()
    let url = Self.databaseURL(reader)
    let role = reader.string("DATABASE_APP_ROLE")
    let logging = LogSettings(reader: reader)
    try reader.finish()
    guard let url else { return }
    let logger = logging.bootstrap(label: "migrate")
    var settings = PostgresClientSettings()
    settings.applicationName = "freshet-migrate"
    settings.exclusiveStatementTimeout = .seconds(3600)
    settings.preparedStatements = false
    let database = PostgresClient(url: url, settings: settings, logger: logger)
    try await Self.with(database) {
      let applied = try await Migrator(database: database).run(Migration.bundled(), grantingTo: role)
      for name in applied { print("applied \(name)") }
      if applied.isEmpty { print("nothing to apply: the schema is up to date") }
    }
  }

  private static func databaseURL(_ reader: SettingsReader) -> PostgresURL? {
    for name in ["DATABASE_DIRECT_URL", "DATABASE_WRITE_URL", "DATABASE_URL"] {
      if let text = reader.secret(name) { return reader.parsed(name, text) { try PostgresURL($0) } }
    }
    reader.report("DATABASE_URL", "is required, for example postgresql://user:password@host:5432/name")
    return nil
  }

  /// Runs `body` while the client is served.
  private static func with(_ database: PostgresClient, _ body: @escaping @Sendable () async throws -> Void)
    async throws
  {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await database.run() }
      do { try await body() } catch let error as PostgresError where error.isInfrastructure {
        throw ProgramFailure(.unavailable, "the database cannot be reached: \(error.detail)")
      } catch let error as PostgresError {
        throw ProgramFailure(.failure, "\(error)")
      }
      group.cancelAll()
    }
  }
}

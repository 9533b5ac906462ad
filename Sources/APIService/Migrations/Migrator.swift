import Postgres
import Settings

/// Applies migrations, each in one transaction under one advisory lock, so that any number of migrators may run
/// at once and a failed one leaves nothing behind.
struct Migrator: Sendable {
  let database: PostgresClient

  /// - Parameter role: Gets the rights the programs need; nil grants nothing.
  /// - Returns: The names of those applied now.
  func run(_ migrations: [Migration], grantingTo role: String? = nil) async throws -> [String] {
    try await locked { try await $0.execute(script: Self.ledger) }
    var applied: [String] = []
    for migration in migrations where try await applyPatiently(migration) { applied.append(migration.name) }
    if let role { try await grant(role) }
    return applied
  }

  /// The lock is the transaction's: it works through PgBouncer, and a dead migrator cannot keep it.
  private func locked<Value: Sendable>(_ body: @Sendable (PostgresConnection) async throws -> Value)
    async throws -> Value
  {
    try await database.withTransaction(deadline: .seconds(3600)) { connection in
      _ = try await connection.query(Self.lock, deadline: .seconds(600))
      return try await body(connection)
    }
  }

  /// Whoever waits for a lock on a table holds up all who come after; so we wait briefly, and try again.
  private func applyPatiently(_ migration: Migration) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(600)
    while true {
      do { return try await apply(migration) } catch let error as PostgresError
        where Self.isInTheWay(error) && ContinuousClock.now < end
      {
        try await Task.sleep(for: .milliseconds(.random(in: 300...1500)))
      }
    }
  }

  /// A lock that was not free in time, or a deadlock.
  private static func isInTheWay(_ error: PostgresError) -> Bool {
    ["55P03", "40P01"].contains(error.sqlState)
  }

  private func apply(_ migration: Migration) async throws -> Bool {
    try await locked { connection in
      let known = try await connection.query(Self.find, [.text(migration.name)])
      if let row = known.first {
        guard try row.text(0) == migration.checksum else {
          throw ProgramFailure(
            .failure,
            "migration \(migration.name) was changed after it was applied: restore it and add a new one")
        }
        return false
      }
      try await connection.execute(script: "SET LOCAL lock_timeout = '2s'")
      try await connection.execute(script: migration.sql, deadline: .seconds(3600))
      _ = try await connection.query(Self.record, [.text(migration.name), .text(migration.checksum)])
      return true
    }
  }

  private func grant(_ role: String) async throws {
    try await locked { connection in
      let script = try await connection.query(Self.grants, [.text(role)])
      for row in script { try await connection.execute(script: try row.text(0)) }
    }
  }

  private static let ledger = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
    """

  /// Any fixed number, the same in every release.
  private static let lock = PostgresStatement(
    "migrations_lock", "SELECT pg_advisory_xact_lock(28836198928442740)")

  private static let find = PostgresStatement(
    "migrations_find", "SELECT checksum FROM schema_migrations WHERE name = $1")

  private static let record = PostgresStatement(
    "migrations_record", "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)")

  /// Statements that name the role, quoted by the server; none for the role that migrates, which has all rights. Tables of
  /// later migrations come with the same rights. Who may create where the programs look for functions and tables, could put
  /// his own in their way.
  private static let grants = PostgresStatement(
    "migrations_grants",
    """
    SELECT format(statement, current_schema(), $1) FROM (VALUES \
    ('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %I'), \
    ('GRANT USAGE ON SCHEMA %I TO %I'), \
    ('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I'), \
    ('REVOKE INSERT, UPDATE, DELETE ON %I.schema_migrations FROM %I'), \
    ('REVOKE INSERT, UPDATE, DELETE ON %I.cursor_key FROM %I'), \
    ('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I'), \
    ('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I'), \
    ('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I'), \
    ('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I'), \
    ('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I')) AS s (statement) \
    WHERE $1 <> current_user
    """)
}

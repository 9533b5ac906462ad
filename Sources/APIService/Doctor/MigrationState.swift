import Postgres

/// Which migrations a database has, compared with those of this release.
struct MigrationState: Sendable, Equatable {
  /// Names of those that are still to be applied.
  let pending: [String]
  /// Names of those that were changed after they were applied.
  let changed: [String]
  /// Names that this release does not know: a later one was here.
  let unknown: [String]

  /// - Parameter applied: checksums by name.
  init(applied: [String: String], bundled: [Migration]) {
    pending = bundled.filter { applied[$0.name] == nil }.map(\.name)
    changed = bundled.filter { applied[$0.name].map { [checksum = $0.checksum] in $0 != checksum } ?? false }
      .map(\.name)
    unknown = applied.keys.filter { name in !bundled.contains { $0.name == name } }.sorted()
  }

  static let exists = PostgresStatement(
    "doctor_ledger", "SELECT to_regclass('schema_migrations') IS NOT NULL")
  static let applied = PostgresStatement("doctor_migrations", "SELECT name, checksum FROM schema_migrations")

  var finding: Finding {
    let check = "migrations"
    if !changed.isEmpty {
      return .failed(
        check, "\(changed.joined(separator: ", ")) changed after being applied", "restore what was applied")
    }
    if !pending.isEmpty {
      return .failed(check, "\(pending.joined(separator: ", ")) not applied", "run APIService migrate")
    }
    if !unknown.isEmpty {
      return .warning(
        check, "\(unknown.joined(separator: ", ")) of a later release", "run the programs of that release")
    }
    return .ok(check, "up to date")
  }
}

import Postgres

/// What a Postgres tells of itself and of our rights on it.
struct DatabaseFacts: Sendable, Equatable {
  var version: String
  /// 150004 for 15.4.
  var versionNumber: Int
  var isReplica: Bool
  var role: String
  var isSuperuser: Bool
  /// Whether the role may create tables, databases or roles.
  var mayCreate: Bool
  /// Names the cluster; a replica has its primary's.
  var system: String?
  /// Seconds since 1970.
  var clock: Double
  /// Our tables on which the role lacks a right.
  var unreachableTables: [String]
  /// Bytes of WAL: written on a primary, replayed on a replica.
  var position: Int64

  /// Cheap, and permitted to every role. `pg_control_system` is not everywhere: then it is null.
  static let query = PostgresStatement(
    "doctor_facts",
    """
    SELECT current_setting('server_version'), current_setting('server_version_num')::bigint, \
    pg_is_in_recovery(), current_user::text, r.rolsuper, \
    r.rolcreatedb OR r.rolcreaterole OR has_schema_privilege(current_schema(), 'CREATE'), \
    CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE') \
    THEN (SELECT system_identifier::text FROM pg_control_system()) END, \
    extract(epoch FROM clock_timestamp())::float8, \
    array(SELECT c.relname::text FROM pg_class c WHERE c.relkind = 'r' \
    AND c.relnamespace = current_schema()::regnamespace AND c.relname NOT IN ('schema_migrations', 'cursor_key') \
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') \
    AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')) ORDER BY 1), \
    pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_replay_lsn(), '0/0') \
    ELSE pg_current_wal_lsn() END, '0/0')::bigint \
    FROM pg_roles r WHERE r.rolname = current_user
    """)
}

extension DatabaseFacts {
  init(_ row: PostgresRow) throws(PostgresError) {
    version = try row.text(0)
    versionNumber = Int(try row.int(1))
    isReplica = try row.bool(2)
    role = try row.text(3)
    isSuperuser = try row.bool(4)
    mayCreate = try row.bool(5)
    system = try row.textOrNil(6)
    clock = try row.double(7)
    unreachableTables = try row.textArray(8).compactMap(\.self)
    position = try row.int(9)
  }
}

extension DatabaseFacts {
  /// What there is to say of the primary.
  var primaryFindings: [Finding] {
    guard !isReplica else {
      return [
        .failed(
          "primary", "it is a replica and takes no writes",
          "let DATABASE_WRITE_URL, or DATABASE_URL, name the primary")
      ]
    }
    guard versionNumber >= 130_000 else {
      return [.failed("primary", "it is Postgres \(version)", "13 or later is needed")]
    }
    return [.ok("primary", "Postgres \(version), as \(role)")]
  }

  /// What there is to say of the programs' role.
  var roleFindings: [Finding] {
    if isSuperuser {
      return [
        .warning(
          "database role", "\(role) is a superuser",
          "run the programs as a role of their own, and migrate with DATABASE_APP_ROLE naming it")
      ]
    }
    if !unreachableTables.isEmpty {
      return [
        .failed(
          "database role", "\(role) lacks rights on \(unreachableTables.joined(separator: ", "))",
          "run APIService migrate as the owner, with DATABASE_APP_ROLE=\(role)")
      ]
    }
    if mayCreate {
      return [
        .warning(
          "database role", "\(role) may create tables, databases or roles",
          "run the programs as a role that may not, and migrate with DATABASE_APP_ROLE naming it")
      ]
    }
    return [.ok("database role", "\(role) can neither create nor drop")]
  }

  /// What there is to say of a replica.
  ///
  /// - Parameter primary: asked before; nil when it did not answer.
  func replicaFinding(_ check: String, of primary: DatabaseFacts?) -> Finding {
    guard isReplica else {
      return .failed(check, "it is no replica", "let DATABASE_READ_URL name streaming replicas only")
    }
    if let primary, let own = system, let other = primary.system, own != other {
      return .failed(
        check, "it replicates another database", "let DATABASE_READ_URL name the primary's replicas")
    }
    let behind = primary.map { max(0, $0.position - position) } ?? 0
    if behind > 16 << 20 {
      return .warning(
        check, "it is \(behind >> 20) MiB behind", "see whether it streams: pg_stat_replication")
    }
    return .ok(check, "Postgres \(version), \(behind) bytes behind")
  }
}

import Foundation
import Postgres
import Settings

extension Doctor {
  /// Of the primary, our role and the schema, the direct way, and the replicas.
  func databaseFindings() async -> [Finding] {
    var (facts, findings) = (nil as DatabaseFacts?, [] as [Finding])
    if let url = settings.writeURL { (facts, findings) = await primary(url) }
    if let url = settings.directURL { findings.append(await direct(url, facts)) }
    for (number, url) in settings.replicaURLs.enumerated() {
      findings.append(await replica("replica \(number + 1)", url, of: facts))
    }
    return findings
  }

  private func primary(_ url: PostgresURL) async -> (facts: DatabaseFacts?, findings: [Finding]) {
    do {
      return try await with(url) { database in
        let (facts, skew) = try await self.facts(database)
        let findings = facts.primaryFindings + skew.findings("primary clock")
        guard !facts.isReplica else { return (facts, findings) }
        let migrations = try await migrations(database)
        return (facts, findings + facts.roleFindings + [migrations])
      }
    } catch {
      return (nil, [unreachable("primary", url, error, "DATABASE_WRITE_URL, or DATABASE_URL,")])
    }
  }

  /// It must lead to the same server, or the relay and migrations work on another one.
  private func direct(_ url: PostgresURL, _ primary: DatabaseFacts?) async -> Finding {
    let check = "direct connection"
    do {
      let facts: DatabaseFacts = try await with(url) { try await self.facts($0).0 }
      if let primary, let own = facts.system, let other = primary.system, own != other {
        return .failed(check, "it leads to another server", "let DATABASE_DIRECT_URL name the primary")
      }
      return facts.isReplica
        ? .failed(check, "it leads to a replica", "let DATABASE_DIRECT_URL name the primary")
        : .ok(check, "Postgres \(facts.version), as \(facts.role)")
    } catch {
      return unreachable(check, url, error, "DATABASE_DIRECT_URL")
    }
  }

  private func replica(_ check: String, _ url: PostgresURL, of primary: DatabaseFacts?) async -> Finding {
    do {
      let facts: DatabaseFacts = try await with(url) { try await self.facts($0).0 }
      return facts.replicaFinding(check, of: primary)
    } catch {
      return unreachable(check, url, error, "DATABASE_READ_URL")
    }
  }

  private func facts(_ database: PostgresClient) async throws -> (DatabaseFacts, ClockSkew) {
    let before = Date()
    let rows = try await database.query(DatabaseFacts.query, deadline: commandPatience)
    guard let row = rows.first else { preconditionFailure("a session without a role") }
    let facts = try DatabaseFacts(row)
    return (facts, ClockSkew(server: facts.clock, before: before, after: Date()))
  }

  private func migrations(_ database: PostgresClient) async throws -> Finding {
    let isThere = try await database.query(MigrationState.exists).first?.bool(0) ?? false
    var applied: [String: String] = [:]
    do throws(PostgresError) {
      for row in isThere ? Array(try await database.query(MigrationState.applied)) : [] {
        applied[try row.text(0)] = try row.text(1)
      }
    } catch {
      guard error.sqlState == "42501" else { throw error }
      return .warning(
        "migrations", "the role may not read schema_migrations",
        "run APIService migrate with DATABASE_APP_ROLE naming it")
    }
    return MigrationState(applied: applied, bundled: try Migration.bundled()).finding
  }

  /// A client of one connection, for the time of one check.
  private func with<Value: Sendable>(
    _ url: PostgresURL, _ body: (PostgresClient) async throws -> Value
  ) async throws -> Value {
    var options = PostgresClientSettings()
    options.preparedStatements = settings.preparedStatements
    options.applicationName = "freshet-doctor"
    options.defaultDeadline = commandPatience
    let database = PostgresClient(url: url.limited(to: 1), settings: options, logger: logger)
    return try await withRunning(database) { try await body(database) }
  }

  private func unreachable(
    _ check: String, _ url: PostgresURL, _ error: any Error, _ setting: String
  ) -> Finding {
    let detail = (error as? PostgresError)?.detail ?? "\(error)"
    let isAway = (error as? PostgresError)?.isInfrastructure ?? true
    let remedy = "check that it runs and that \(setting) names it"
    return isAway ? .unreachable(check, detail, remedy) : .failed(check, detail, remedy)
  }
}

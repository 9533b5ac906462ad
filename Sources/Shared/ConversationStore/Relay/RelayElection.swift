import Postgres

/// Who of all relays leads: whose transaction holds the lock. Works through PgBouncer, too.
struct RelayElection: Sendable {
  /// The time that one leads before all may try again.
  private static let length = Duration.seconds(10)

  let database: PostgresClient
  let leading: PostgresClient

  /// What a leader has, until it ends the transaction or the server does.
  struct Term {
    let connection: PostgresConnection
    /// Of this Postgres: eight hex digits, the first of the names of its WAL files.
    let timeline: String
    let end: ContinuousClock.Instant

    var isOver: Bool { ContinuousClock.now >= end }
  }

  /// Leads if nobody else does: the lock is held while `body` runs, and no longer than the process shows signs of life.
  ///
  /// - Returns: whether it led.
  func lead(_ body: (Term) async throws -> Void) async throws -> Bool {
    // Asked on the shared connection first, so that those who do not lead open no transaction.
    let isFree = try await database.query(UpkeepStatements.lock, [.int(UpkeepLock.relay.rawValue)])
    guard try isFree.only().bool(0) else { return false }
    return try await leading.withTransaction { connection in
      let results = try await connection.queries(
        [
          (RelayStatements.isolation, []), (RelayStatements.bounds, []),
          (UpkeepStatements.lock, [.int(UpkeepLock.relay.rawValue)]), (RelayStatements.timeline, []),
        ], deadline: RelayStatements.patience)
      guard try results[2].only().bool(0) else { return false }
      try await body(
        Term(connection: connection, timeline: results[3].only().text(0), end: .now + Self.length))
      return true
    }
  }
}

import Cache
import NIOConcurrencyHelpers
package import Postgres

/// The primary, which takes all writes, and the replicas that may answer what misses the cache.
///
/// A replica may lag, so it answers only where the cache knows how far it must have replayed, and says in the same
/// transaction how far it has. Without replicas nothing of this costs a round trip.
package struct DatabaseRoles: Sendable {
  package let primary: PostgresClient
  package let replicas: [PostgresClient]
  private let turn = NIOLockedValueBox(0)

  package init(primary: PostgresClient, replicas: [PostgresClient] = []) {
    self.primary = primary
    self.replicas = replicas
  }

  /// Rows, and what the cache must know of where they came from.
  struct Answer: Sendable {
    let rows: PostgresResult
    let lsn: UInt64?
    let isPrimary: Bool
  }

  /// Runs a read where the rule allows; whatever is wrong with a replica, the primary answers.
  ///
  /// - Parameter isExpensive: Takes an exclusive connection, for a cost that no index bounds.
  func read(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter], from source: CacheLoadSource,
    isExpensive: Bool = false
  ) async throws -> Answer {
    if case .replica(let floor) = source, let replica = nextReplica(),
      let answer = await Self.read(statement, parameters, replica, floor)
    {
      return answer
    }
    // Sampled before the data: what is read is at least as new.
    let lsn = try await currentLSN()
    let rows =
      isExpensive
      ? try await primary.withConnection { try await $0.query(statement, parameters) }
      : try await primary.query(statement, parameters)
    return Answer(rows: rows, lsn: lsn, isPrimary: true)
  }

  /// Where the primary's log ends; nil without replicas, who alone would need it.
  func currentLSN() async throws -> UInt64? {
    guard !replicas.isEmpty else { return nil }
    return UInt64(try await primary.query(Self.insertLSN).only().int(0))
  }

  /// Statements sent together are one transaction on one server. Nil when it lags, fails,
  /// hangs, or is no replica.
  private static func read(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter], _ replica: PostgresClient,
    _ floor: UInt64
  ) async -> Answer? {
    do {
      let results = try await replica.withConnection {
        try await $0.queries([(replayLSN, []), (statement, parameters)], deadline: .milliseconds(500))
      }
      guard let lsn = try results[0].only().intOrNil(0), lsn >= 0, UInt64(lsn) >= floor else { return nil }
      return Answer(rows: results[1], lsn: UInt64(lsn), isPrimary: false)
    } catch {
      // The primary is asked instead; if that is away too, its error is the one to report.
      return nil
    }
  }

  private func nextReplica() -> PostgresClient? {
    let reachable = replicas.filter(\.isReachable)
    guard !reachable.isEmpty else { return nil }
    return turn.withLockedValue { turn in
      turn = (turn + 1) % reachable.count
      return reachable[turn]
    }
  }

  private static let insertLSN = PostgresStatement(
    "insert_lsn", "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")

  /// Null on a server that is no replica.
  private static let replayLSN = PostgresStatement(
    "replay_lsn", "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint")
}

import Cache
import NIOConcurrencyHelpers
package import Postgres

/// The primary, which takes all writes, and the replicas that may answer what misses the cache.
///
/// A replica may lag, so it answers only where the cache knows how far it must have replayed, and says in the same
/// transaction how far it has. One that is known to lag, or to fail, is not asked. Without replicas nothing of this costs a
/// round trip.
package struct DatabaseRoles: Sendable {
  package let primary: PostgresClient
  package let replicas: [PostgresClient]
  private let roster: NIOLockedValueBox<ReplicaRoster>

  package init(primary: PostgresClient, replicas: [PostgresClient] = []) {
    self.primary = primary
    self.replicas = replicas
    roster = NIOLockedValueBox(ReplicaRoster(count: replicas.count))
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
    if case .replica(let floor) = source, let index = nextReplica(floor),
      let answer = await read(statement, parameters, index, floor)
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
  func currentLSN(within deadline: Duration? = nil) async throws -> UInt64? {
    guard !replicas.isEmpty else { return nil }
    return UInt64(try await primary.query(Self.insertLSN, deadline: deadline).only().int(0))
  }

  /// Statements sent together are one transaction on one server. Nil when it lags, fails,
  /// hangs, or is no replica.
  private func read(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter], _ index: Int, _ floor: UInt64
  ) async -> Answer? {
    do {
      let results = try await replicas[index].withConnection {
        try await $0.queries(
          [(Self.replayLSN, []), (statement, parameters)], deadline: .milliseconds(500))
      }
      guard let lsn = note(try results[0].only().intOrNil(0), of: index), lsn >= floor else { return nil }
      return Answer(rows: results[1], lsn: lsn, isPrimary: false)
    } catch {
      // The primary is asked instead; if that is away too, its error is the one to report.
      roster.withLockedValue { $0.failed(index) }
      return nil
    }
  }

  /// Learns how far a replica is, or that it is away.
  func ask(_ index: Int) async {
    do {
      let answer = try await replicas[index].query(Self.replayLSN, deadline: .seconds(1))
      _ = note(try answer.only().intOrNil(0), of: index)
    } catch {
      // Nothing is sent there until it answers again.
      roster.withLockedValue { $0.failed(index) }
    }
  }

  /// - Returns: nil when the server does not replay: it was promoted, or never was a replica.
  private func note(_ position: Int64?, of index: Int) -> UInt64? {
    let lsn = position.flatMap { UInt64(exactly: $0) }
    let now = ContinuousClock.now
    roster.withLockedValue { roster in
      if let lsn { roster.replied(index, lsn: lsn, at: now) } else { roster.failed(index) }
    }
    return lsn
  }

  private func nextReplica(_ floor: UInt64) -> Int? {
    guard !replicas.isEmpty else { return nil }
    let now = ContinuousClock.now
    return roster.withLockedValue { $0.next(atLeast: floor, at: now) }
  }

  /// Where the log ends, in bytes.
  static let insertLSN = PostgresStatement(
    "insert_lsn", "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")

  /// Null on a server that is no replica.
  private static let replayLSN = PostgresStatement(
    "replay_lsn", "SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint")
}

import Cache
import Postgres
import Telemetry

/// The table of what the cache has to be told, apart from what writers do in their own transactions.
struct Outbox: Sendable {
  let database: PostgresClient

  /// Says that `server` confirmed these rows. Commits by itself: an uncommitted mark would hold up other markers.
  func mark(_ ids: [Int64], by server: String) async throws {
    _ = try await withoutWaitingForDisk(OutboxStatements.mark, [.bigintArray(ids), .text(server)])
  }

  /// Whether some server has confirmed all of the rows.
  func isConfirmed(_ ids: [Int64], within deadline: Duration) async throws -> Bool {
    try await database.query(OutboxStatements.unconfirmed, [.bigintArray(ids)], deadline: deadline)
      .only().int(0) == 0
  }

  /// Deletes of the oldest `limit` rows those done longer ago than `age`.
  ///
  /// - Returns: whether it was most of them, and there may be more.
  func purge(olderThan age: Duration, limit: Int = 5000) async throws -> Bool {
    try await withoutWaitingForDisk(
      OutboxStatements.purge, [.int(age.components.seconds), .int(Int64(limit))]) > limit
      / 2
  }

  /// Takes rows for done, for want of a cache.
  ///
  /// - Returns: whether there may be more.
  func dismiss(limit: Int = 5000) async throws -> Bool {
    try await withoutWaitingForDisk(OutboxStatements.dismiss, [.int(Int64(limit))]) == limit
  }

  /// Keeps the table small where no cache can be told: takes all rows for done, and deletes those done longer ago than
  /// `age`. Who does have a cache takes them for not done, for as long as they are kept.
  func sweep(olderThan age: Duration) async throws {
    while try await dismiss(), !Task.isEnding {}
    while try await purge(olderThan: age), !Task.isEnding {}
  }

  /// In one round trip: what may as well be lost, because the relay does it again.
  ///
  /// - Returns: how many rows were affected.
  private func withoutWaitingForDisk(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter]
  ) async throws -> Int {
    try await database.withConnection { connection in
      try await connection.queries(
        [(OutboxStatements.noDiskWait, []), (statement, parameters)], deadline: .seconds(1))[1].affectedRows
    }
  }
}

extension CacheSettings {
  /// How long done rows are kept: longer than any value lives. A server that takes over may have missed what was done in
  /// that time, and is told all of it.
  var outboxMemory: Duration { max(.seconds(900), timeToLive + .seconds(600)) }
}

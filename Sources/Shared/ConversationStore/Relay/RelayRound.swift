import Cache
import Postgres
import Telemetry

/// What the leader does every half second: invalidates what was committed and not invalidated, then vouches for it.
struct RelayRound: Sendable {
  /// Rows so young are left to their writers, and all that was committed so long before a round is done after it.
  static let grace = Duration.milliseconds(200)

  let cache: Cache
  let outbox: Outbox

  func run(_ term: RelayElection.Term) async throws {
    // The moment comes first: what is committed later need not have been seen.
    let moment = try await cache.serverMoment()
    while let page = try await page(term, doneBy: "\(moment.server)|\(term.timeline)") {
      try await cache.invalidateOnce(page.rows.groups, lsn: page.lsn, on: moment.server)
      do {
        try await outbox.mark(page.rows.map(\.id), by: moment.server)
      } catch  where !page.isFull {
        // What is not marked is done again; all that was due is invalidated nevertheless.
      }
      guard page.isFull else { break }
      // What is left is for the next term, and nothing can be vouched for before.
      if term.isOver || Task.isEnding { return }
    }
    #if DEBUG
      await Failpoint.beforeWatermark.pass()
    #endif
    // Late is no failure: so much was to be done that it took longer. The next round finds the rest.
    try await cache.extendTrust(since: moment, lessening: Self.grace, timeline: term.timeline)
  }

  /// - Returns: whether there may be more to purge.
  func purge() async throws -> Bool { try await outbox.purge(olderThan: cache.settings.outboxMemory) }

  /// What is done while no server of the cache can be told.
  func sweep() async throws { try await outbox.sweep(olderThan: cache.settings.outboxMemory) }

  /// Rows that are due, and an LSN behind their commits: sampled after the snapshot that shows them.
  private struct Page {
    let rows: [OutboxRow]
    let lsn: UInt64

    var isFull: Bool {
      rows.count >= OutboxStatements.pageRows
        || rows.reduce(0) { $0 + $1.nameCount } >= OutboxStatements.pageGroups
    }
  }

  private func page(_ term: RelayElection.Term, doneBy name: String) async throws -> Page? {
    let results = try await term.connection.queries(
      [
        (
          OutboxStatements.due,
          [
            .text(name), .int(Int64(Self.grace.milliseconds)),
            .int(cache.settings.outboxMemory.components.seconds),
          ]
        ),
        (DatabaseRoles.insertLSN, []),
      ], deadline: RelayStatements.patience)
    let rows = try results[0].map { try OutboxRow($0) }
    return rows.isEmpty ? nil : Page(rows: rows, lsn: UInt64(try results[1].only().int(0)))
  }
}

/// Why a round came to nothing.
struct RelayFailure: Error, CustomStringConvertible {
  let description: String
}

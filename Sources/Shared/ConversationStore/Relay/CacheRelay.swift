package import Cache
package import Logging
package import Postgres
import ServiceLifecycle
import Telemetry

/// Sees to it that everything committed is invalidated, whoever wrote it and whatever died, and lets hits count while
/// that is so.
///
/// Every process runs one, one of all leads. It keeps no state: whoever leads next finds in the outbox what is to be done.
package struct CacheRelay: Service {
  /// Between two rounds, and between two attempts to lead.
  static let interval = Duration.milliseconds(500)

  private let election: RelayElection
  private let round: RelayRound
  private let logger: Logger

  /// - Parameters:
  ///   - database: shared with others.
  ///   - leading: of the relay alone, so that no busy pool holds up the rounds; one connection will do.
  package init(database: PostgresClient, leading: PostgresClient, cache: Cache, logger: Logger) {
    election = RelayElection(database: database, leading: leading)
    round = RelayRound(cache: cache, outbox: Outbox(database: database))
    self.logger = logger
  }

  package func run() async {
    var isFailing = false
    while !Task.isEnding {
      do {
        let isLeader = try await election.lead { term in try await serve(term) }
        if isLeader, isFailing { logger.notice("relay works again") }
        if isLeader { isFailing = false }
      } catch {
        if !isFailing, !Task.isEnding {
          logger.warning("relay failed", metadata: [LogKey.error: "\(error)"])
        }
        isFailing = true
        // What is in its way may not be in the way of another process.
        await Task.rest(for: Self.interval)
      }
      await Task.rest(for: Self.interval)
    }
  }

  /// Rounds until the term is over.
  private func serve(_ term: RelayElection.Term) async throws {
    var hasOldRows = true
    while true {
      try await round.run(term)
      if hasOldRows { hasOldRows = try await round.purge() }
      guard !term.isOver else { return }
      await Task.rest(for: Self.interval)
      guard !Task.isEnding else { return }
    }
  }
}

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
  /// After so long a time of failures what the triggers wrote is no longer kept for a server that may never come.
  private static let patience = Duration.seconds(60)

  private let election: RelayElection
  private let round: RelayRound
  private let logger: Logger

  /// - Parameters:
  ///   - database: shared with others.
  ///   - leading: of the relay alone, see ``client(url:settings:logger:)``, so that no busy pool holds up the rounds.
  package init(database: PostgresClient, leading: PostgresClient, cache: Cache, logger: Logger) {
    election = RelayElection(database: database, leading: leading)
    round = RelayRound(cache: cache, outbox: Outbox(database: leading))
    self.logger = logger
  }

  /// A client for a relay: a connection for the leader's transaction, one for marks, and the one that is kept open.
  package static func client(
    url: PostgresURL, settings: PostgresClientSettings, logger: Logger
  ) -> PostgresClient {
    var settings = settings
    settings.pipelinedConnections = 1
    return PostgresClient(url: url.limited(to: 3), settings: settings, logger: logger)
  }

  package func run() async {
    var failingSince: ContinuousClock.Instant?
    while !Task.isEnding {
      do {
        let isLeader = try await election.lead { term in try await serve(term) }
        if isLeader, failingSince != nil { logger.notice("relay works again") }
        // Somebody else's success says nothing of what is wrong here, but nothing is wrong now.
        failingSince = nil
      } catch {
        if failingSince == nil, !Task.isEnding {
          logger.warning("relay failed", metadata: [LogKey.error: "\(error)"])
        }
        let since = failingSince ?? .now
        failingSince = since
        // Fails where Postgres is what is away; then nothing grows.
        if .now - since > Self.patience { try? await round.sweep() }
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
      // What cannot be purged now is purged in another term.
      if hasOldRows { hasOldRows = (try? await round.purge()) ?? false }
      guard !term.isOver else { return }
      await Task.rest(for: Self.interval)
      guard !Task.isEnding else { return }
    }
  }
}

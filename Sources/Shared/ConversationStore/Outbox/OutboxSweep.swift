package import Cache
package import Logging
package import Postgres
import ServiceLifecycle
import Telemetry

/// Keeps the outbox small where no cache is to be told: `CACHE_MODE=off`.
package struct OutboxSweep: Service {
  private let outbox: Outbox
  private let memory: Duration
  private let logger: Logger

  package init(database: PostgresClient, settings: CacheSettings, logger: Logger) {
    outbox = Outbox(database: database)
    memory = settings.outboxMemory
    self.logger = logger
  }

  package func run() async {
    while !Task.isEnding {
      do { try await outbox.sweep(olderThan: memory) } catch {
        logger.debug("outbox not swept", metadata: [LogKey.error: "\(error)"])
      }
      await Task.rest(for: .seconds(10) * Double.random(in: 0.8..<1.2))
    }
  }
}

package import ConversationStore
package import Logging
import Postgres
package import ServiceLifecycle

extension DatabaseRoles {
  /// The clients that the settings ask for; none is connected before `services` run.
  package init(_ backends: BackendSettings, logger: Logger) {
    let settings = backends.postgresSettings
    self.init(
      primary: PostgresClient(url: backends.writeURL, settings: settings, logger: logger),
      replicas: backends.replicaURLs.map { PostgresClient(url: $0, settings: settings, logger: logger) })
  }

  /// To be run, and stopped after whatever uses them.
  package var services: [any Service] { [primary] + replicas }
}

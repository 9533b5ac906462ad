import ServiceLifecycle
import Telemetry

/// Asks each replica every so often how far it has replayed, so that reads go only to those that can answer.
package struct ReplicaWatch: Service {
  private static let interval = Duration.milliseconds(250)

  private let databases: DatabaseRoles

  package init(_ databases: DatabaseRoles) { self.databases = databases }

  package func run() async {
    await withTaskGroup { group in
      for index in databases.replicas.indices { group.addTask { await watch(index) } }
    }
  }

  /// One that hangs holds up nobody but itself.
  private func watch(_ index: Int) async {
    while !Task.isEnding {
      await databases.ask(index)
      await Task.rest(for: Self.interval)
    }
  }
}

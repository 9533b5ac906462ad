package import Logging
package import ServiceLifecycle
package import Telemetry
import UnixSignals

/// Runs a program's services until SIGTERM or SIGINT: readiness turns 503, the drain passes, in-flight work
/// finishes, then everything stops in reverse order.
package struct ProgramLifecycle: Sendable {
  /// `SHUTDOWN_DRAIN_SECONDS`: time for load balancers to see the 503.
  package let drain: Duration
  /// What in-flight work may take before it is cancelled.
  package let patience: Duration
  package let readiness: Readiness

  package init(drain: Duration, patience: Duration, readiness: Readiness) {
    self.drain = drain
    self.patience = patience
    self.readiness = readiness
  }

  /// Returns after a clean stop; throws what ended a service by itself.
  package func run(_ services: [any Service], logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services.map {
        .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .cancelGroup)
      }, logger: logger)
    configuration.maximumGracefulShutdownDuration = patience
    let group = ServiceGroup(configuration: configuration)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup(of: Part.self) { tasks in
      tasks.addTask {
        try await Self.serve(group)
        return .services
      }
      tasks.addTask {
        for await _ in signals { break }
        try Task.checkCancellation()
        readiness.beginDraining()
        try await Task.sleep(for: drain)
        await group.triggerGracefulShutdown()
        return .signal
      }
      // A shutdown has only begun when it was triggered: ending here would cancel the work in flight.
      while let ended = try await tasks.next(), ended != .services {}
      tasks.cancelAll()
    }
  }

  private enum Part { case services, signal }

  /// What still runs when patience ends is cancelled; that is a clean stop too.
  private static func serve(_ group: ServiceGroup) async throws {
    do { try await group.run() } catch is CancellationError { return }
  }
}

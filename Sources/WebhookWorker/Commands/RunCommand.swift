import ArgumentParser
import Logging
import Settings
import Telemetry

/// Consumes the queue until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Consume the queue (the default).")

  func run() async throws {
    let settings = try WorkerSettings(reader: try await SettingsReader())
    let logger = settings.logging.bootstrap(label: "worker")
    logger.notice("starting", metadata: [LogKey.version: "\(ProgramVersion.current)"])
    let assembly = WorkerAssembly(settings: settings, logger: logger)
    Watchdog(heartbeat: assembly.loop.heartbeat, logger: logger).start()
    let lifecycle = ProgramLifecycle(
      drain: settings.drain, patience: .seconds(20), readiness: assembly.readiness)
    try await lifecycle.run(assembly.services(), logger: logger)
    logger.notice("stopped")
  }
}

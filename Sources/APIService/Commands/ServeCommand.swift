import ArgumentParser
import Logging
import Settings
import Telemetry

/// Serves the HTTP API until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve the HTTP API (the default).")

  func run() async throws {
    let settings = try APISettings(reader: try await SettingsReader())
    let logger = settings.logging.bootstrap(label: "api")
    logger.notice("starting", metadata: [LogKey.version: "\(ProgramVersion.current)"])
    let assembly = try await APIAssembly(settings: settings, logger: logger)
    let lifecycle = ProgramLifecycle(
      drain: settings.drain, patience: .seconds(10), readiness: assembly.readiness)
    try await lifecycle.run(assembly.services(), logger: logger)
    logger.notice("stopped")
  }
}

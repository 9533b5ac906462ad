import ArgumentParser
import Settings

/// For containers without curl: exit code 0 when ready, 1 when not.
struct HealthcheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck", abstract: "Exit with 0 when the worker is ready, with 1 when it is not.")

  @Option(help: "The URL to ask; by default our own /health/ready, from WORKER_HOST and WORKER_PORT.")
  var url: String?

  func run() async throws {
    let target = try await HealthProbe.target(
      url, host: "WORKER_HOST", port: "WORKER_PORT", defaultPort: 8081)
    try await HealthProbe.ask(target)
  }
}

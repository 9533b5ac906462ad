import ArgumentParser
import Settings

/// For containers without curl: exit code 0 when ready, 1 when not.
struct HealthcheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck", abstract: "Exit with 0 when the service is ready, with 1 when it is not.")

  @Option(help: "The URL to ask; by default our own listener's /health/ready, from HOST and PORT.")
  var url: String?

  func run() async throws {
    try await HealthProbe.ask(
      try await HealthProbe.target(url, host: "HOST", port: "PORT", defaultPort: 8080))
  }
}

import ArgumentParser
import Settings

/// Consumes the queue of transcript webhooks: writes to Postgres, invalidates the cache.
@main
struct WebhookWorker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "WebhookWorker",
    abstract: "Consumes the queue of transcript webhooks: writes to Postgres and invalidates the cache.",
    discussion: "Settings come from the environment and from .env in the working directory.",
    version: ProgramVersion.current,
    subcommands: [RunCommand.self, HealthcheckCommand.self],
    defaultSubcommand: RunCommand.self)

  /// Errors end here with an exit code: one that leaves `main` costs seconds of backtrace.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      if let failure = ProgramFailure(error) { failure.exit() }
      exit(withError: error)
    }
  }
}

import ArgumentParser
import Settings

/// The HTTP API: conversations and messages through the cache, webhooks into the queue.
@main
struct APIService: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "APIService",
    abstract: "Serves conversations and messages through a Redis cache over Postgres, and takes webhooks in.",
    discussion: "Settings come from the environment and from .env in the working directory.",
    version: ProgramVersion.current,
    subcommands: [ServeCommand.self, MigrateCommand.self, TokenCommand.self, HealthcheckCommand.self],
    defaultSubcommand: ServeCommand.self)

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

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
    subcommands: [
      ServeCommand.self, MigrateCommand.self, TokenCommand.self, OpenAPICommand.self, CacheCommand.self,
      HealthcheckCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)

  static func main() async {
    await runToExit()
  }
}

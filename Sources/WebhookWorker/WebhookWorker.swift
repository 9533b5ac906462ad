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
    subcommands: [RunCommand.self, QueueCommand.self, HealthcheckCommand.self],
    defaultSubcommand: RunCommand.self)

  static func main() async {
    await runToExit()
  }
}

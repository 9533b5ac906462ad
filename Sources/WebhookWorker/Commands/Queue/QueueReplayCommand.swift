import ArgumentParser
import Settings

struct QueueReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Put dead events back into the queue, when what they died of is mended.")

  @OptionGroup var choice: DeadChoice
  @OptionGroup var output: OutputOptions

  func run() async throws { try await DeadAction.replay.run(choice, output) }
}

struct QueueDiscardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard", abstract: "Give dead events up for good, their payloads included.")

  @OptionGroup var choice: DeadChoice
  @OptionGroup var output: OutputOptions

  func run() async throws { try await DeadAction.discard.run(choice, output) }
}

extension DeadAction {
  /// A script that forgot `--yes` is told so before anything else is tried.
  fileprivate func run(_ choice: DeadChoice, _ output: OutputOptions) async throws {
    if case .selection = choice.choice, !choice.dryRun, !choice.yes, !choice.mayAsk { try choice.confirm("") }
    let report = try await QueueConnection.withDead { try await perform(choice, on: $0) }
    try output.print(report)
    if let failure = report.failure { throw ProgramFailure(.failure, failure) }
  }
}

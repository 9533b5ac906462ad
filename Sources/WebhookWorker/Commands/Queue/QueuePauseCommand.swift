import ArgumentParser
import Queue
import Settings

struct QueuePauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Stop the handing out of work; what is in hand is finished, the intake goes on.")

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let changed = try await QueueConnection.with { try await $0.pause() }
    try output.print(PauseReport(paused: true, changed: changed))
  }
}

struct QueueResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on after a pause, at once.")

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let changed = try await QueueConnection.with { try await $0.resume() }
    try output.print(PauseReport(paused: false, changed: changed))
  }
}

/// What `queue pause` and `queue resume` print.
struct PauseReport: Report, Equatable {
  let paused: Bool
  /// False when it was so before.
  let changed: Bool

  var text: String {
    let state = paused ? "paused" : "running"
    return changed ? "the queue is \(state)" : "the queue was \(state) already"
  }
}

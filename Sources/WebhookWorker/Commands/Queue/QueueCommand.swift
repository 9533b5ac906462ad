import ArgumentParser

/// The operator's view of the queue.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Look at the queue and at its dead events, replay or discard them, pause and resume.",
    discussion: """
      Needs REDIS_QUEUE_URL (or REDIS_URL) and, if it is not 1, QUEUE_SHARDS; dead, show, replay and discard also \
      DATABASE_URL (or DATABASE_WRITE_URL), where dead events are kept. Safe beside running workers.

      Exit codes: 0 done, 1 failed or not found, 64 usage, 69 a server is unreachable, 78 bad settings.
      """,
    subcommands: [
      QueueStatsCommand.self, QueueDeadCommand.self, QueueShowCommand.self, QueueReplayCommand.self,
      QueueDiscardCommand.self, QueuePauseCommand.self, QueueResumeCommand.self,
    ])
}

import ArgumentParser
import Queue
import Settings

struct QueueStatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Show how long the queue is, what is under way, and what is dead.")

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try output.print(StatisticsReport(try await QueueConnection.with { try await $0.statistics() }))
  }
}

/// What `queue stats` prints.
struct StatisticsReport: Report, Equatable {
  let depth: Int
  let oldestWaitingSeconds: Double
  let ready: Int
  let delayed: Int
  let suspect: Int
  let inFlight: Int
  let dead: Int
  let workers: Int
  let paused: Bool
  let enqueued: Int
  let settled: Int
  let retried: Int
  let died: Int
  let replayed: Int
  let discarded: Int
  let erased: Int
  let reaped: Int
  let reconciled: Int

  init(_ statistics: QueueStatistics) {
    depth = statistics.depth
    oldestWaitingSeconds = statistics.oldestWaiting / .seconds(1)
    ready = statistics.ready
    delayed = statistics.delayed
    suspect = statistics.suspect
    inFlight = statistics.inFlight
    dead = statistics.dead
    workers = statistics.workers
    paused = statistics.isPaused
    enqueued = statistics.enqueued
    settled = statistics.settled
    retried = statistics.retried
    died = statistics.died
    replayed = statistics.replayed
    discarded = statistics.discarded
    erased = statistics.erased
    reaped = statistics.reaped
    reconciled = statistics.reconciled
  }

  var text: String {
    var table = Table()
    table.add("state", paused ? "paused: “queue resume” goes on" : "running")
    table.add("workers", "\(workers)")
    table.add("depth", counted(depth, "event"))
    table.add("oldest waiting", "\(oldestWaitingSeconds) s")
    table.add("ready", counted(ready, "conversation"))
    table.add("in flight", counted(inFlight, "conversation"))
    table.add("delayed", counted(delayed, "conversation"))
    table.add("suspect", counted(suspect, "conversation"))
    table.add("dead", counted(dead, "event"))
    table.add(
      "ever",
      "\(enqueued) enqueued, \(settled) settled, \(retried) retried, \(died) died, \(replayed) replayed, "
        + "\(discarded) discarded, \(erased) erased")
    table.add("conversations", "\(reaped) taken from dead workers, \(reconciled) after a lost reply")
    return table.text
  }
}

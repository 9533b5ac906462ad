import ArgumentParser
import Queue
import Settings

struct QueueDeadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead", abstract: "List dead events, the latest first.")

  @Option(help: "Show at most so many.")
  var limit = 50

  @Option(name: .customLong("class"), help: "Only those whose last failure has this class.")
  var failureClass: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 100000") }
  }

  func run() async throws {
    let selection = failureClass.map(DeadSelection.failureClass) ?? .all
    let report = try await QueueConnection.withDead { dead in
      DeadReport(
        counts: try await dead.deadCounts(), selection: selection,
        events: try await dead.deadEvents(limit: limit, selection: selection))
    }
    try output.print(report)
  }
}

/// What `queue dead` prints.
struct DeadReport: Report, Equatable {
  struct Event: Encodable, Sendable, Equatable {
    let id: String
    let conversation: String
    let reason: String
    let `class`: String
    let message: String
    let receivedAt: String?
    let diedAt: String?
    let deliveries: Int
    let strikes: Int
    let payloadBytes: Int
    let archived: Bool

    init(_ event: DeadEvent) {
      id = event.id
      conversation = event.conversation
      reason = event.reason
      `class` = event.failureClass
      message = event.message
      receivedAt = instant(event.enqueuedAt)
      diedAt = instant(event.diedAt)
      deliveries = event.deliveries
      strikes = event.strikes
      payloadBytes = event.payloadSize
      archived = event.isArchived
    }
  }

  /// All that the selection is about, shown or not.
  let total: Int
  /// Of all that are dead.
  let byClass: [String: Int]
  let events: [Event]

  init(counts: DeadCounts, selection: DeadSelection, events: [DeadEvent]) {
    self.events = events.map(Event.init)
    total = counts[selection]
    byClass = counts.byClass
  }

  var text: String {
    if events.isEmpty { return "no dead events" }
    var table = Table("DIED", "CLASS", "REASON", "DELIVERIES", "EVENT", "CONVERSATION", "MESSAGE")
    for event in events {
      table.add(
        event.diedAt ?? "", event.class, event.reason, "\(event.deliveries)", event.id, event.conversation,
        event.message.count > 100 ? event.message.prefix(99) + "…" : event.message)
    }
    let note = total > events.count ? "; --limit shows more" : ""
    return "\(table.text)\n\(events.count) of \(counted(total, "dead event"))\(note)"
  }
}

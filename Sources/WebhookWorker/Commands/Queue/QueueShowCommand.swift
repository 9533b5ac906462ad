import ArgumentParser
import Queue
import Settings

struct QueueShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one event: where it is and what happened to it.")

  @Argument(help: "The event's id, as the intake answered it and the log has it.")
  var eventID: String

  @Flag(help: "Print its payload as well.")
  var payload = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let report = try await QueueConnection.withDead { dead in
      let event = try await dead.event(eventID)
      return EventDescription(event, payload: payload ? try await dead.payload(of: eventID) : nil)
    }
    try output.print(report)
    if report.state == "unknown" {
      throw ProgramFailure(
        .failure, "no such event: it was never accepted, or has been settled for more than an hour")
    }
  }
}

/// What `queue show` prints.
struct EventDescription: Report, Equatable {
  let id: String
  /// `queued`, `dead`, `settled` or `unknown`.
  let state: String
  /// `ready`, `held`, `delayed` or `suspect`: what happens to the conversation of a queued one.
  let line: String?
  /// How many events of the conversation are before it.
  let position: Int?
  let dueAt: String?
  let diedAt: String?
  let conversation: String?
  let traceparent: String?
  let receivedAt: String?
  let requeuedAt: String?
  let deliveries: Int?
  let strikes: Int?
  let reason: String?
  let `class`: String?
  let message: String?
  let payloadBytes: Int?
  let archived: Bool?
  let payload: String?

  init(_ event: EventReport, payload: [UInt8]?) {
    let isThere = event.conversation != nil
    id = event.id
    conversation = event.conversation
    traceparent = event.traceparent
    receivedAt = instant(event.enqueuedAt)
    requeuedAt = instant(event.requeuedAt)
    deliveries = isThere ? event.deliveries : nil
    strikes = isThere ? event.strikes : nil
    reason = event.reason
    `class` = event.failureClass
    message = event.message
    payloadBytes = isThere ? event.payloadSize : nil
    archived = isThere ? event.isArchived : nil
    self.payload = payload.map { String(decoding: $0, as: UTF8.self) }
    var since: Int64?
    var due: Int64?
    switch event.state {
    case .queued(let place, let where_):
      (state, position) = ("queued", place)
      switch where_ {
      case .ready: line = "ready"
      case .suspect: line = "suspect"
      case .held: line = "held"
      case .delayed(let time): (line, due) = ("delayed", time)
      }
    case .dead(let time): (state, line, position, since) = ("dead", nil, nil, time)
    case .settled: (state, line, position) = ("settled", nil, nil)
    case .unknown: (state, line, position) = ("unknown", nil, nil)
    }
    diedAt = instant(since)
    dueAt = instant(due)
  }

  var text: String {
    var table = Table()
    table.add("event", id)
    table.add("state", [state, line].compactMap { $0 }.joined(separator: ", "))
    table.add("before it", ifKnown: position.map { counted($0, "event") })
    table.add("due", ifKnown: dueAt)
    table.add("died", ifKnown: diedAt)
    table.add("reason", ifKnown: reason)
    table.add("class", ifKnown: `class`)
    table.add("message", ifKnown: message)
    table.add("conversation", ifKnown: conversation)
    table.add("received", ifKnown: receivedAt)
    table.add("replayed", ifKnown: requeuedAt)
    table.add("deliveries", ifKnown: deliveries.map(String.init))
    table.add("strikes", ifKnown: strikes.map(String.init))
    table.add("traceparent", ifKnown: traceparent)
    table.add("payload", ifKnown: payloadBytes.map { counted($0, "byte") })
    table.add("archived", ifKnown: archived.map { $0 ? "yes" : "no" })
    return payload.map { "\(table.text)\n\n\($0)" } ?? table.text
  }
}

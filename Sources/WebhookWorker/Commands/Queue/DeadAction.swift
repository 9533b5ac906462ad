import Foundation
import Queue
import Settings

/// What may be done with dead events.
enum DeadAction: String, Sendable {
  case replay, discard

  var participle: String { self == .replay ? "replayed" : "discarded" }

  func perform(_ choice: DeadChoice, on office: DeadLetterOffice) async throws -> ActionReport {
    switch choice.choice {
    case .ids(let ids):
      let outcomes = choice.dryRun ? try await foresee(ids, office) : try await act(ids, office)
      return ActionReport(self, isDryRun: choice.dryRun, events: zip(ids, outcomes).map { ($0, $1) })
    case .selection(let selection):
      let counts = try await office.deadCounts()
      let total = counts[selection]
      if choice.dryRun {
        return ActionReport(self, isDryRun: true, outcomes: [participle: total])
      }
      if total > 0 { try choice.confirm("\(rawValue.capitalized) \(counted(total, "dead event"))?") }
      return ActionReport(self, isDryRun: false, outcomes: try await act(selection, office))
    }
  }

  private func act(_ ids: [String], _ office: DeadLetterOffice) async throws -> [String] {
    switch self {
    case .replay: try await office.replay(ids).map(\.rawValue)
    case .discard: try await office.discard(ids).map(\.rawValue)
    }
  }

  private func act(_ selection: DeadSelection, _ office: DeadLetterOffice) async throws -> [String: Int] {
    let bar = ProgressBar(self == .replay ? "replaying" : "discarding")
    defer { bar.clear() }
    switch self {
    case .replay: return try await office.replayAll(selection) { bar.show($0.done, of: $0.total) }.named
    case .discard: return try await office.discardAll(selection) { bar.show($0.done, of: $0.total) }.named
    }
  }

  /// What ``act(_:_:)`` would answer.
  private func foresee(_ ids: [String], _ office: DeadLetterOffice) async throws -> [String] {
    var outcomes: [String] = []
    for id in ids {
      let event = try await office.event(id)
      outcomes.append(outcome(of: event.state, reason: event.reason))
    }
    return outcomes
  }

  func outcome(of state: EventState, reason: String?) -> String {
    switch state {
    case .queued: "queued"
    case .settled: "settled"
    case .unknown: "unknown"
    case .dead:
      self == .replay && reason == DeathReason.payloadLost.rawValue
        ? ReplayOutcome.payloadLost.rawValue : participle
    }
  }
}

extension BulkResult where Outcome: RawRepresentable<String> {
  fileprivate var named: [String: Int] {
    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
  }
}

/// What `queue replay` and `queue discard` print.
struct ActionReport: Report, Equatable {
  struct Event: Encodable, Sendable, Equatable {
    let id: String
    let outcome: String
  }

  let action: String
  let dryRun: Bool
  /// How many events came to what: `replayed` or `discarded`, `queued`, `settled`, `payload lost`, `unknown`.
  let outcomes: [String: Int]
  /// When they were named one by one.
  let events: [Event]?

  init(_ action: DeadAction, isDryRun: Bool, outcomes: [String: Int]) {
    self.action = action.rawValue
    dryRun = isDryRun
    self.outcomes = outcomes.filter { $0.value > 0 }
    events = nil
  }

  init(_ action: DeadAction, isDryRun: Bool, events: [(id: String, outcome: String)]) {
    self.action = action.rawValue
    dryRun = isDryRun
    outcomes = Dictionary(events.map { ($0.outcome, 1) }, uniquingKeysWith: +)
    self.events = events.map { Event(id: $0.id, outcome: $0.outcome) }
  }

  var text: String {
    var table = Table()
    for event in events ?? [] { table.add(event.id, event.outcome) }
    let counts = outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let sum = counts.isEmpty ? "no dead events" : dryRun ? "would be: \(counts)" : counts
    return events == nil ? sum : "\(table.text)\n\(sum)"
  }

  /// Those named one by one must all be done; of many, others may have taken some meanwhile, but none may be left.
  var failure: String? {
    let action = DeadAction(rawValue: action)
    let notDone = outcomes.filter { $0.key != action?.participle }.values.reduce(0, +)
    if events != nil, notDone > 0 {
      return
        "\(counted(notDone, "event")) could not be \(action?.participle ?? ""): see “queue show <event-id>”"
    }
    guard let lost = outcomes[ReplayOutcome.payloadLost.rawValue] else { return nil }
    return "the payload of \(counted(lost, "event")) is gone: “queue discard” ends them"
  }
}

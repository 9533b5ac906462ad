/// A batch of statements that share one round trip. Numbers rise in the order the reactor accepted them.
struct BatchID: Hashable, Comparable, Sendable {
  let number: Int

  static func < (left: BatchID, right: BatchID) -> Bool { left.number < right.number }
}

/// The line of batches that one connection owes an answer to.
///
/// Whoever leaves the line leaves a tombstone: the answer still comes and must be counted off.
struct PipelineStateMachine {
  /// One answer the server owes within a batch.
  enum Step: Equatable {
    /// Preparing a statement under this name.
    case prepare(String)
    /// The result of a statement, prepared under this name if it has one.
    case run(String?)
    /// A BEGIN put in front; its result is nobody's.
    case begin
  }

  enum Action: Equatable {
    /// Copy the result: it belongs to the batch in front.
    case keep
    /// Nothing to do with it.
    case discard
    /// The failure of the batch in front, at this statement of it.
    case fail(statement: Int, Step)
    /// The step was skipped for an earlier failure.
    case skip(Step)
    /// All answers of the batch are there.
    case finish(BatchID)
    /// The server answered what was not asked.
    case violation
  }

  private struct Entry {
    let id: BatchID
    let steps: [Step]
    let deadline: ContinuousClock.Instant
    var isWaitedFor = true
    var stepsDone = 0
    var statementsDone = 0
  }

  private var entries = FIFO<Entry>()
  private var earliestDeadline: ContinuousClock.Instant?
  private var frontSince: ContinuousClock.Instant?

  /// Batches that are not fully answered, tombstones included.
  var count: Int { entries.count }

  /// The batch whose answers come next.
  var front: BatchID? { entries.first?.id }

  /// The next moment at which `expire` has something to do; possibly early, never late.
  var nextDeadline: ContinuousClock.Instant? { earliestDeadline }

  /// Since when the batch in front has been the one the server works on.
  var waitingSince: ContinuousClock.Instant? { entries.isEmpty ? nil : frontSince }

  /// A batch was written to the connection, its end marked by a Sync.
  mutating func send(
    _ id: BatchID, _ steps: [Step], deadline: ContinuousClock.Instant, now: ContinuousClock.Instant
  ) {
    if entries.isEmpty { frontSince = now }
    entries.append(Entry(id: id, steps: steps, deadline: deadline))
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
  }

  /// One answer arrived.
  mutating func receive(_ kind: ResultKind, now: ContinuousClock.Instant) -> Action {
    guard !entries.isEmpty else { return .violation }
    if kind == .sync { return finishFront(now) }
    let entry = entries[0]
    guard entry.stepsDone < entry.steps.count else { return .violation }
    let step = entry.steps[entry.stepsDone]
    entries[0].stepsDone += 1
    if case .run = step { entries[0].statementsDone += 1 }
    switch (kind, step) {
    case (.success, .run): return entry.isWaitedFor ? .keep : .discard
    case (.success, _): return .discard
    case (.failure, _): return .fail(statement: entry.statementsDone, step)
    case (.skipped, _): return .skip(step)
    case (.sync, _): return .violation
    }
  }

  /// Nobody waits for the batch any more. False when it is not in the line.
  mutating func abandon(_ id: BatchID) -> Bool {
    guard let place = place(of: id) else { return false }
    entries[place].isWaitedFor = false
    return true
  }

  /// Turns the batches whose time is up into tombstones and names them.
  mutating func expire(now: ContinuousClock.Instant) -> [BatchID] {
    guard let due = earliestDeadline, due <= now else { return [] }
    var expired: [BatchID] = []
    earliestDeadline = nil
    for place in 0..<entries.count where entries[place].isWaitedFor {
      let deadline = entries[place].deadline
      if deadline <= now {
        entries[place].isWaitedFor = false
        expired.append(entries[place].id)
      } else {
        earliestDeadline = min(earliestDeadline ?? deadline, deadline)
      }
    }
    return expired
  }

  private mutating func finishFront(_ now: ContinuousClock.Instant) -> Action {
    guard let entry = entries.popFirst(), entry.stepsDone == entry.steps.count else { return .violation }
    frontSince = now
    return .finish(entry.id)
  }

  /// By halving: the line is in the order of the numbers.
  private func place(of id: BatchID) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].id == id ? low : nil
  }
}

/// What became of one event that an operator wanted replayed.
package enum ReplayOutcome: String, Sendable, Hashable, CaseIterable {
  case replayed
  /// It waits or is in work already: nothing to replay.
  case queued
  /// It was committed or discarded.
  case settled
  /// It is dead because its payload is gone; it can only be discarded.
  case payloadLost = "payload lost"
  case unknown
}

/// What became of one event that an operator gave up.
package enum DiscardOutcome: String, Sendable, Hashable, CaseIterable {
  case discarded
  /// It waits or is in work. Only dead events can be discarded.
  case queued
  case settled
  case unknown
}

/// How far a bulk command is.
package struct BulkProgress: Sendable, Equatable {
  package var done: Int
  /// As counted at the start; others may replay and discard meanwhile.
  package var total: Int

  package init(done: Int, total: Int) {
    self.done = done
    self.total = total
  }
}

/// What a bulk command did, by outcome.
package struct BulkResult<Outcome: Hashable & Sendable>: Sendable, Equatable {
  package var counts: [Outcome: Int] = [:]

  package init() {}

  package subscript(outcome: Outcome) -> Int { counts[outcome, default: 0] }

  package mutating func add(_ outcomes: some Sequence<Outcome>) {
    for outcome in outcomes { counts[outcome, default: 0] += 1 }
  }

  package mutating func add(_ other: BulkResult) { counts.merge(other.counts, uniquingKeysWith: +) }
}

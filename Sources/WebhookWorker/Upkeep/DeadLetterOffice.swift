import ConversationStore
import Conversations
import NIOCore
import Queue

/// The dead wherever they are: in Redis, or, purged from there, in Postgres only. An operator need not know.
///
/// Redis decides; Postgres is told afterwards. A crash between the two leaves a letter that looks unresolved: that of a
/// replayed event is settled by the upkeep once the event commits, that of a discarded one can be discarded again.
struct DeadLetterOffice: Sendable {
  let queue: WebhookQueue
  let store: ConversationStore

  /// The newest dead.
  func deadEvents(limit: Int, selection: DeadSelection = .all) async throws -> [DeadEvent] {
    let here = try await queue.deadEvents(limit: limit, selection: selection)
    let purged = try await store.newestPurgedLetters(limit: limit, failureClass: selection.failureClass)
    // A crash in the middle of a purge leaves an event in both.
    let known = Set(here.map(\.id))
    let all = here + purged.filter { !known.contains($0.id) }.map { DeadEvent($0) }
    return Array(all.sorted { ($0.diedAt, $0.id) > ($1.diedAt, $1.id) }.prefix(limit))
  }

  func deadCounts() async throws -> DeadCounts {
    var counts = try await queue.deadCounts()
    counts.add(DeadCounts(byClass: try await store.purgedCounts()))
    return counts
  }

  func event(_ id: String) async throws -> EventReport {
    let report = try await queue.event(id)
    guard report.state == .unknown, let letter = try await store.unresolvedLetters([id]).first else {
      return report
    }
    return EventReport(purged: DeadEvent(letter.letter), traceparent: letter.letter.traceparent)
  }

  func payload(of id: String) async throws -> [UInt8]? {
    if let payload = try await queue.payload(of: id) { return Array(payload.readableBytesView) }
    return try await store.unresolvedLetters([id]).first?.payload
  }

  /// Outcomes are in the order of the ids.
  func replay(_ ids: [String]) async throws -> [ReplayOutcome] {
    let outcomes = try await again(
      ids, queue.replay(ids), (.unknown, .settled, hollow: .payloadLost), queue.replay)
    try await store.resolve(Self.ids(ids, outcomes, .replayed), as: .replayed)
    return outcomes
  }

  /// Outcomes are in the order of the ids.
  func discard(_ ids: [String]) async throws -> [DiscardOutcome] {
    let outcomes = try await again(
      ids, queue.discard(ids), (.unknown, .settled, hollow: .discarded), queue.discard)
    try await store.resolve(Self.ids(ids, outcomes, .discarded), as: .discarded)
    return outcomes
  }

  /// Replays what is dead now, the longest dead first. When it fails half-way, the same again does the rest.
  func replayAll(
    _ selection: DeadSelection, progress: @Sendable (BulkProgress) -> Void = { _ in }
  ) async throws -> BulkResult<ReplayOutcome> {
    let (purged, state) = try await forAllPurged(selection, progress, replay)
    var result = purged
    result.add(
      try await queue.replayAll(selection, progress: { progress(state.followed(by: $0)) }) {
        try await store.resolve($0, as: .replayed)
      })
    return result
  }

  /// Discards what is dead now; otherwise as ``replayAll(_:progress:)``.
  func discardAll(
    _ selection: DeadSelection, progress: @Sendable (BulkProgress) -> Void = { _ in }
  ) async throws -> BulkResult<DiscardOutcome> {
    let (purged, state) = try await forAllPurged(selection, progress, discard)
    var result = purged
    result.add(
      try await queue.discardAll(selection, progress: { progress(state.followed(by: $0)) }) {
        try await store.resolve($0, as: .discarded)
      })
    return result
  }

  /// Brings those that Redis has forgotten back among its dead, and tries them once more. The outcomes with theirs.
  private func again<Outcome: Equatable>(
    _ ids: [String], _ outcomes: [Outcome], _ words: (unknown: Outcome, settled: Outcome, hollow: Outcome),
    _ action: ([String]) async throws(QueueError) -> [Outcome]
  ) async throws -> [Outcome] {
    var outcomes = outcomes
    let missing = ids.indices.filter { outcomes[$0] == words.unknown }
    let letters = try await store.unresolvedLetters(missing.map { ids[$0] })
    let committed = Set(letters.filter(\.isCommitted).map(\.letter.id))
    try await store.resolve(Array(committed), as: .settled)
    let open = letters.filter { !$0.isCommitted }
    // Without a payload nothing can come back; nor is it known which shard it would belong to.
    let hollow = Set(open.filter { $0.payload == nil }.map(\.letter.id))
    let copies = open.filter { $0.payload != nil }.map { DeadEventCopy($0) }
    _ = try await queue.restore(copies)
    let restored = Set(copies.map(\.event.id))
    let places = missing.filter { restored.contains(ids[$0]) }
    for index in missing where committed.contains(ids[index]) { outcomes[index] = words.settled }
    for index in missing where hollow.contains(ids[index]) { outcomes[index] = words.hollow }
    for (index, outcome) in zip(places, try await action(places.map { ids[$0] })) {
      outcomes[index] = outcome
    }
    return outcomes
  }

  /// Those that only Postgres has, in pages, of which no step holds many megabytes of payload.
  private func forAllPurged<Outcome>(
    _ selection: DeadSelection, _ progress: (BulkProgress) -> Void,
    _ action: ([String]) async throws -> [Outcome]
  ) async throws -> (BulkResult<Outcome>, BulkProgress) {
    var result = BulkResult<Outcome>()
    var state = BulkProgress(done: 0, total: try await deadCounts()[selection])
    let now = Timestamp.now()
    var last: DeadLetter?
    while true {
      let page = try await store.purgedLetters(
        after: last, until: now, failureClass: selection.failureClass, limit: 1000)
      for ids in Self.steps(page) {
        result.add(try await action(ids))
        state.done += ids.count
        state.total = max(state.total, state.done)
        progress(state)
      }
      guard let end = page.last else { return (result, state) }
      last = end
    }
  }

  private static func steps(_ page: [DeadLetter]) -> [[String]] {
    var steps: [[String]] = []
    var room = 0
    for letter in page {
      if steps.isEmpty || room < letter.payloadSize || steps.last?.count == 100 {
        steps.append([])
        room = 8 << 20
      }
      steps[steps.endIndex - 1].append(letter.id)
      room -= letter.payloadSize
    }
    return steps
  }

  private static func ids<Outcome: Equatable>(
    _ ids: [String], _ outcomes: [Outcome], _ wanted: Outcome
  ) -> [String] {
    zip(ids, outcomes).filter { $1 == wanted }.map(\.0)
  }
}

extension DeadSelection {
  fileprivate var failureClass: String? {
    if case .failureClass(let failureClass) = self { failureClass } else { nil }
  }
}

extension BulkProgress {
  /// A second part of the same work.
  fileprivate func followed(by next: BulkProgress) -> BulkProgress {
    BulkProgress(done: done + next.done, total: max(total, done + next.total))
  }
}

internal import Keyspace
internal import Redis

// What an operator may do. Each is safe beside running workers and other operators, and may be repeated.
extension WebhookQueue {
  /// Stops the handing out of work in all shards; what is in hand is finished. The intake goes on.
  ///
  /// - Returns: false if it was paused already.
  @discardableResult
  package func pause() async throws(QueueError) -> Bool { try await setPaused("1") }

  /// Goes on, at once.
  ///
  /// - Returns: false if it was not paused.
  @discardableResult
  package func resume() async throws(QueueError) -> Bool { try await setPaused("0") }

  /// What Redis knows of an event.
  package func event(_ id: String) async throws(QueueError) -> EventReport {
    let conversations = try await pipeline(
      shards.map { RedisCommand("HGET", .init($0.keys.event(id)), "conversation") }
    ).map(\.string)
    let calls = zip(shards, conversations).map { shard, conversation in
      let token = ConversationToken(conversation ?? "", shards: shards.count).text
      return shard.call(scripts.inspect, [RedisArgument(id), RedisArgument(token)])
    }
    let replies = try await evaluate(calls, timeout: settings.workerTimeout)
    let reports = replies.compactMap { EventReport(id: id, $0) }
    guard reports.count == replies.count, let first = reports.first else { throw Self.unexpected(replies[0]) }
    return reports.first { $0.state != .unknown } ?? first
  }

  /// Puts dead events at the end of their conversations, with all their attempts before them. Outcomes are in
  /// the order of the ids.
  package func replay(_ ids: [String]) async throws(QueueError) -> [ReplayOutcome] {
    try await forEach(ids, .unknown) { shard, ids throws(QueueError) in
      let marks = ids.map { DeadCursor.Mark(id: $0, diedAt: 0) }
      return try await replay(summaries(of: marks, shard), shard)
    }
  }

  /// Ends dead events for good. Outcomes are in the order of the ids.
  package func discard(_ ids: [String]) async throws(QueueError) -> [DiscardOutcome] {
    try await forEach(ids, .unknown) { shard, ids throws(QueueError) in try await discard(ids, shard) }
  }

  /// Ends dead events whose effects turned out to be committed.
  package func settleDead(_ ids: [String]) async throws(QueueError) {
    for shard in shards { _ = try await discard(ids, shard, as: "settled") }
  }

  /// Replays what is dead now, the longest dead first; what dies meanwhile is not touched. When it fails
  /// half-way, what is done is done, and the same again does the rest.
  ///
  /// - Parameter record: told after each step which ids were replayed.
  package func replayAll(
    _ selection: DeadSelection, progress: @Sendable (BulkProgress) -> Void = { _ in },
    record: @Sendable ([String]) async throws -> Void = { _ in }
  ) async throws -> BulkResult<ReplayOutcome> {
    try await forAllDead(selection, progress) { shard, events in
      let outcomes = try await replay(events, shard)
      try await record(zip(events, outcomes).filter { $1 == .replayed }.map(\.0.id))
      return outcomes
    }
  }

  /// Discards what is dead now; otherwise as ``replayAll(_:progress:record:)``.
  package func discardAll(
    _ selection: DeadSelection, progress: @Sendable (BulkProgress) -> Void = { _ in },
    record: @Sendable ([String]) async throws -> Void = { _ in }
  ) async throws -> BulkResult<DiscardOutcome> {
    try await forAllDead(selection, progress) { shard, events in
      let outcomes = try await discard(events.map(\.id), shard)
      try await record(zip(events, outcomes).filter { $1 == .discarded }.map(\.0.id))
      return outcomes
    }
  }

  private func setPaused(_ value: RedisArgument) async throws(QueueError) -> Bool {
    let replies = try await evaluate(
      shards.map { $0.call(scripts.pause, [value]) }, timeout: settings.workerTimeout)
    return replies.contains { $0.string == "1" }
  }
}

// MARK: - In bounded steps

extension WebhookQueue {
  /// Events per script call: Redis serves nobody else meanwhile.
  private static let chunk = 100

  private func replay(
    _ events: [DeadSummary], _ shard: QueueShard
  ) async throws(QueueError) -> [ReplayOutcome] {
    let head = [RedisArgument(settings.deadlyStrikes), RedisArgument(settings.cleanEvents)]
    let calls = Self.chunks(of: events).map { chunk in
      shard.call(
        scripts.replay,
        head
          + chunk.flatMap { event in
            let conversation = event.conversation ?? ""
            let token = ConversationToken(conversation, shards: shards.count).text
            return [RedisArgument(event.id), RedisArgument(token), RedisArgument(conversation)]
          })
    }
    return try await outcomes(of: calls, count: events.count)
  }

  private func discard(
    _ ids: [String], _ shard: QueueShard, as counter: RedisArgument = "discarded"
  ) async throws(QueueError) -> [DiscardOutcome] {
    let head = [Self.milliseconds(settings.tombstone), counter]
    let calls = Self.chunks(of: ids).map { shard.call(scripts.discard, head + $0.map { RedisArgument($0) }) }
    return try await outcomes(of: calls, count: ids.count)
  }

  /// Asks every shard, for an id does not tell whose it is, and takes the answer of the one that knows it.
  private func forEach<Outcome: Equatable>(
    _ ids: [String], _ unknown: Outcome,
    _ action: (QueueShard, [String]) async throws(QueueError) -> [Outcome]
  ) async throws(QueueError) -> [Outcome] {
    var outcomes = ids.map { _ in unknown }
    for shard in shards {
      let left = ids.indices.filter { outcomes[$0] == unknown }
      if left.isEmpty { break }
      for (index, outcome) in zip(left, try await action(shard, left.map { ids[$0] })) {
        outcomes[index] = outcome
      }
    }
    return outcomes
  }

  private func forAllDead<Outcome>(
    _ selection: DeadSelection, _ progress: (BulkProgress) -> Void,
    _ action: (QueueShard, [DeadSummary]) async throws -> [Outcome]
  ) async throws -> BulkResult<Outcome> {
    var result = BulkResult<Outcome>()
    var state = BulkProgress(done: 0, total: try await deadCounts()[selection])
    let now = try await serverTime()
    for shard in shards {
      var cursor = DeadCursor(.oldestFirst, latest: now, page: 10 * Self.chunk)
      while !cursor.isAtEnd {
        let marks = try await nextDead(of: shard, &cursor)
        let chosen = try await summaries(of: marks, shard).filter { selection.includes($0.failureClass) }
        result.add(try await action(shard, chosen))
        state.done += chosen.count
        state.total = max(state.total, state.done)
        progress(state)
      }
    }
    return result
  }

  func outcomes<Outcome: RawRepresentable<String>>(
    of calls: [RedisScriptCall], count: Int
  ) async throws(QueueError) -> [Outcome] {
    if calls.isEmpty { return [] }
    let replies = try await evaluate(calls, timeout: settings.workerTimeout)
    let outcomes = replies.flatMap { $0.array ?? [] }.compactMap { $0.string.flatMap(Outcome.init) }
    guard outcomes.count == count else { throw Self.unexpected(replies[0]) }
    return outcomes
  }

  /// Milliseconds since 1970 by the clock that the deaths are dated by.
  func serverTime() async throws(QueueError) -> Int64 {
    let reply = try await pipeline([RedisCommand("TIME")])[0]
    let parts = reply.array?.compactMap(\.integer) ?? []
    guard parts.count == 2 else { throw Self.unexpected(reply) }
    return parts[0] * 1000 + parts[1] / 1000
  }

  static func chunks<Element>(of all: [Element]) -> [ArraySlice<Element>] {
    stride(from: 0, to: all.count, by: chunk).map { all[$0..<min($0 + chunk, all.count)] }
  }
}

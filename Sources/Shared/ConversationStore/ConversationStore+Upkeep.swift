import Postgres

/// How long what nobody needs any more is kept.
package struct RetentionSettings: Sendable {
  /// Of `webhook_events`, and with it how far back a repeat is recognised.
  package var events: Duration = .seconds(90 * 86_400)
  /// Of `queue_fences`, since their last commit.
  ///
  /// A fence keeps a worker that was suspended from committing over its successor. Such a worker's batch is
  /// cancelled after 25 s, its lease ends after 15, so that a day is ample. Should one wake up later still, its
  /// events are recorded by now, and change nothing, or not, and then they are the oldest of their conversation
  /// and its successor, too, would begin with them: the fence of a conversation that waits that long, while the
  /// queue is paused for instance, protects nothing that `webhook_events` does not.
  package var fences: Duration = .seconds(86_400)
  /// Of dead letters, since they were replayed, discarded or settled. Unresolved ones are kept for ever.
  package var resolvedLetters: Duration = .seconds(30 * 86_400)
  /// Of idempotency keys: for so long they are honoured.
  package var idempotencyKeys: Duration = .seconds(86_400)

  package init() {}
}

extension ConversationStore {
  /// A kind of upkeep with the time between two runs of it, of all workers together.
  package enum UpkeepTask: String, Sendable, CaseIterable {
    case events, fences, letters, queue
    case idempotencyKeys = "idempotency-keys"

    var interval: Duration {
      switch self {
      case .events, .letters, .idempotencyKeys: .seconds(3600)
      case .fences: .seconds(6 * 3600)
      case .queue: .seconds(600)
      }
    }
  }

  /// Whether the task is due and falls to the caller.
  package func claim(_ task: UpkeepTask) async throws -> Bool {
    let rows = try await databases.primary.query(
      UpkeepStatements.claim, [.text(task.rawValue), .int(task.interval.components.seconds)])
    return !rows.isEmpty
  }

  /// Deletes recorded events past their retention.
  ///
  /// - Parameter isOver: asked before each batch, here and below; what is left is for the next time.
  /// - Returns: how many.
  package func purgeEvents(
    olderThan age: Duration, batch: Int = 1000, until isOver: () -> Bool = { Task.isCancelled }
  ) async throws -> Int {
    try await inBatches(batch, isOver) { connection in
      try await connection.query(
        UpkeepStatements.purgeEvents, [.int(age.components.seconds), .int(Int64(batch))]
      ).affectedRows
    }
  }

  /// Deletes the answers kept for idempotency keys.
  ///
  /// - Returns: how many.
  package func purgeIdempotencyKeys(
    olderThan age: Duration, batch: Int = 1000, until isOver: () -> Bool = { Task.isCancelled }
  ) async throws -> Int {
    try await inBatches(batch, isOver) { connection in
      try await connection.query(
        UpkeepStatements.purgeIdempotencyKeys, [.int(age.components.seconds), .int(Int64(batch))]
      ).affectedRows
    }
  }

  /// Settles dead letters that committed after all, then deletes those resolved long ago.
  ///
  /// - Returns: how many were deleted.
  package func purgeLetters(
    olderThan age: Duration, batch: Int = 1000, until isOver: () -> Bool = { Task.isCancelled }
  ) async throws -> Int {
    _ = try await inBatches(batch, isOver) { connection in
      try await connection.query(UpkeepStatements.settleLetters, [.int(Int64(batch))]).affectedRows
    }
    return try await inBatches(batch, isOver) { connection in
      try await connection.query(
        UpkeepStatements.purgeLetters, [.int(age.components.seconds), .int(Int64(batch))]
      ).affectedRows
    }
  }

  /// Deletes fences that no commit has used for so long; see ``RetentionSettings/fences``.
  ///
  /// - Returns: how many.
  package func purgeFences(
    olderThan age: Duration, batch: Int = 1000, until isOver: () -> Bool = { Task.isCancelled }
  ) async throws -> Int {
    var last: String? = ""
    var purged = 0
    while let start = last, !isOver() {
      let step = try await locked { connection in
        let row = try await connection.query(
          UpkeepStatements.purgeFences, [.text(start), .int(age.components.seconds), .int(Int64(batch))]
        ).only()
        return (end: try row.textOrNil(0), purged: Int(try row.int(1)))
      }
      last = step?.end
      purged += step?.purged ?? 0
    }
    return purged
  }

  /// Repeats a step, each in a transaction of its own, until it is over, one finds less than a batch, or another worker is at it.
  private func inBatches(
    _ batch: Int, _ isOver: () -> Bool, _ step: (PostgresConnection) async throws -> Int
  ) async throws -> Int {
    var sum = 0
    while !isOver(), let count = try await locked(step) {
      sum += count
      guard count >= batch else { break }
    }
    return sum
  }

  /// Nil when another worker has the lock.
  private func locked<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value? {
    try await databases.primary.withTransaction { connection in
      guard try await UpkeepLock.purge.acquire(connection) else { return nil }
      return try await body(connection)
    }
  }
}

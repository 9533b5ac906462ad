import ConversationStore
import Logging
import Queue
import ServiceLifecycle
import Telemetry

/// Purges what has outlived its use. All workers run it; whoever finds a task due does it, so that many cost no more
/// than one.
struct UpkeepService: Service {
  let queue: WebhookQueue
  let store: ConversationStore
  let copier: DeadLetterCopier
  let retention: RetentionSettings
  let logger: Logger
  /// Dead events older than this leave Redis, for Postgres has them.
  var deadAge = Duration.seconds(7 * 86_400)
  /// Dead events that stay in Redis at most.
  var deadCount = 10_000

  func run() async throws {
    // Not all at once after a deployment.
    await Task.rest(for: .seconds(60) * Double.random(in: 0.1..<1))
    while !Task.isEnding {
      for task in ConversationStore.UpkeepTask.allCases where !Task.isEnding { await attempt(task) }
      await Task.rest(for: .seconds(600) * Double.random(in: 0.8..<1.2))
    }
  }

  private func attempt(_ task: ConversationStore.UpkeepTask) async {
    do {
      guard try await store.claim(task) else { return }
      let count = try await perform(task)
      guard count > 0 else { return }
      logger.info("purged", metadata: [LogKey.task: "\(task.rawValue)", LogKey.count: "\(count)"])
    } catch {
      // What is left is done when the task is due again.
      logger.warning("upkeep failed", metadata: [LogKey.task: "\(task.rawValue)", LogKey.error: "\(error)"])
    }
  }

  private func perform(_ task: ConversationStore.UpkeepTask) async throws -> Int {
    switch task {
    case .events: try await store.purgeEvents(olderThan: retention.events) { Task.isEnding }
    case .fences: try await store.purgeFences(olderThan: retention.fences) { Task.isEnding }
    case .letters: try await store.purgeLetters(olderThan: retention.resolvedLetters) { Task.isEnding }
    case .queue: try await purgeQueue()
    case .idempotencyKeys:
      try await store.purgeIdempotencyKeys(olderThan: retention.idempotencyKeys) { Task.isEnding }
    }
  }

  /// Lets Redis forget dead events that are safe in Postgres.
  ///
  /// - Returns: how many.
  func purgeQueue() async throws -> Int {
    _ = try await copier.copyAll(fromStart: true)
    var purged = 0
    while !Task.isEnding {
      let ids = try await queue.purgeable(olderThan: deadAge, beyond: deadCount)
      guard !ids.isEmpty else { break }
      let safe = try await store.markPurged(ids)
      let unsafe = ids.filter { !safe.contains($0) }
      if !unsafe.isEmpty { try await queue.withdrawArchived(unsafe) }
      purged += try await queue.purge(ids.filter(safe.contains))
    }
    return purged
  }
}

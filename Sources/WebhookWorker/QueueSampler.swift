import NIOConcurrencyHelpers
import Queue

/// Looks at the queue for scrapers: once a second at most, however many ask, and never longer than one call may take.
final class QueueSampler: Sendable {
  private struct Sample {
    var taken: ContinuousClock.Instant
    /// A bare task: everyone who asks within the second awaits the same one.
    let task: Task<QueueStatistics?, Never>
  }

  private let queue: WebhookQueue
  private let last = NIOLockedValueBox<Sample?>(nil)

  init(queue: WebhookQueue) { self.queue = queue }

  /// Nil when the queue does not answer.
  func statistics(at now: ContinuousClock.Instant = .now) async -> QueueStatistics? {
    let task = last.withLockedValue { last in
      if let last, now - last.taken < .seconds(1) { return last.task }
      let task = Task { [queue] in
        // Its absence is what is reported then.
        try? await queue.statistics()
      }
      last = Sample(taken: now, task: task)
      return task
    }
    return await task.value
  }
}

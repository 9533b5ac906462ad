import ConversationStore
import Logging
import Queue
import ServiceLifecycle
import Telemetry

/// Copies dead events to Postgres within seconds of their death, so that Redis may forget them one day. Any number of
/// workers may run it; of two that meet one waits.
///
/// It learns of this worker's deaths at once and looks for others' rarely, which is one Redis command each time.
struct DeadLetterCopier: Service {
  let queue: WebhookQueue
  let consumer: QueueConsumer
  let store: ConversationStore
  let logger: Logger
  /// Between two looks for deaths of other workers' making.
  var interval = Duration.seconds(30)

  func run() async throws {
    var failures = 0
    while !Task.isEnding {
      do {
        let isDone = try await copyAll()
        failures = 0
        await pause(isDone ? interval : .seconds(1))
      } catch {
        failures += 1
        let level: Logger.Level = failures == 1 ? .warning : .debug
        logger.log(level: level, "dead events are not copied yet", metadata: [LogKey.error: "\(error)"])
        await pause(min(interval, .seconds(1 << min(failures, 5))))
      }
    }
  }

  /// Copies what is not copied yet.
  ///
  /// - Parameter fromStart: also what seems to be: after a failover to a clock behind a death may look old.
  /// - Returns: false when another worker is at it, or this one is to end.
  func copyAll(fromStart: Bool = false) async throws -> Bool {
    var dead = try await queue.unarchived(fromStart: fromStart)
    while !dead.isEmpty {
      // A shutdown waits for this task, and the consumer needs the time to hand back what it holds.
      guard !Task.isEnding, try await copy(dead) else { return false }
      dead = try await queue.unarchived()
    }
    return true
  }

  private func copy(_ dead: [DeadEventCopy]) async throws -> Bool {
    guard let receipt = try await store.copy(dead.map(DeadLetterContent.init)) else { return false }
    // Its effects are in the database: the worker that was to say so did not come to it.
    try await queue.settleDead(Array(receipt.committed))
    let events = dead.map(\.event).filter { !receipt.committed.contains($0.id) }
    let areDead = try await queue.markArchived(events)
    let void = zip(events, areDead).filter { !$1 }.map { DeadLetter($0.0, traceparent: nil) }
    if !void.isEmpty { try await store.withdraw(void) }
    logger.info(
      "dead events copied",
      metadata: [LogKey.events: "\(events.count - void.count)", LogKey.settled: "\(receipt.committed.count)"])
    return true
  }

  private func pause(_ limit: Duration) async {
    await cancelWhenGracefulShutdown { await consumer.waitForDeath(atMost: limit) }
  }
}

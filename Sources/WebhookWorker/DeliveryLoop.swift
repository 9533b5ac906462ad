import ConversationStore
import Logging
import NIOConcurrencyHelpers
import Queue
import ServiceLifecycle
import Settings
import Telemetry

/// Takes batches from the queue and has up to `concurrency` of them delivered at once.
///
/// One task asks for work; batches run as its children. On graceful shutdown it asks no more and waits for them.
final class DeliveryLoop: Service {
  /// Tells the kubelet and the watchdog whether the loop turns.
  let heartbeat = LoopHeartbeat()
  /// Leaves a cancelled batch five seconds to end before it counts as hanging.
  private static let batchLimit = Duration.seconds(25)
  private let queue: WebhookQueue
  private let consumer: QueueConsumer
  private let delivery: BatchDelivery
  private let concurrency: Int
  private let limits: ReservationLimits
  private let allowsUnsafeQueue: Bool
  private let logger: Logger
  private let outage = NIOLockedValueBox(OutageBackoff())

  init(
    queue: WebhookQueue, consumer: QueueConsumer, delivery: BatchDelivery, settings: WorkerSettings,
    logger: Logger
  ) {
    self.queue = queue
    self.consumer = consumer
    self.delivery = delivery
    self.logger = logger
    concurrency = settings.concurrency
    limits = settings.limits
    allowsUnsafeQueue = settings.allowsUnsafeQueue
  }

  func run() async throws {
    try await refuseUnfitServer()
    await withTaskGroup(of: Ended.self) { batches in
      var inFlight = 0
      while !Task.isEnding {
        heartbeat.turnCompleted()
        if inFlight == concurrency { await awaitBatch(&batches, &inFlight) }
        await restWhileDependenciesAreAway()
        let result = await reserve()
        if result.status == .quarantine {
          // A suspect is handed out to empty hands only.
          while inFlight > 0 { await awaitBatch(&batches, &inFlight) }
        }
        guard !result.reservations.isEmpty else {
          await waitForWork(result)
          continue
        }
        inFlight += 1
        batches.addTask {
          await self.deliver(result.reservations)
          return .batch
        }
      }
      await finish(&batches, inFlight)
    }
  }

  /// Waiting for batches is no hang of the loop: they are watched by themselves, and one ends every so often.
  private func awaitBatch(_ batches: inout TaskGroup<Ended>, _ inFlight: inout Int) async {
    _ = await batches.next()
    inFlight -= 1
    heartbeat.turnCompleted()
  }

  /// Waits for what is in flight, and cancels it in time for the consumer to give the rest back.
  private func finish(_ batches: inout TaskGroup<Ended>, _ inFlight: Int) async {
    batches.addTask {
      // Cut short when the batches are done.
      try? await Task.sleep(for: .seconds(15))
      return .patience
    }
    var left = inFlight
    while left > 0, let ended = await batches.next() {
      switch ended {
      case .batch: left -= 1
      case .patience: batches.cancelAll()
      }
    }
    batches.cancelAll()
  }

  private enum Ended { case batch, patience }

  private func reserve() async -> ReserveResult {
    #if DEBUG
      if DeliberateBreak.active == .hungLoop { await DeliberateBreak.hang() }
    #endif
    do throws(QueueError) {
      let result = try await consumer.reserve(limits)
      if result.reservations.isEmpty, heartbeat.batchesInFlight == 0 {
        // Nothing is left that could fail: the next event is not to wait for the end of a rest.
        outage.withLockedValue { $0.workSucceeded() }
      }
      return result
    } catch {
      logger.log(level: Self.level(of: error), "no work from the queue", metadata: [LogKey.error: "\(error)"])
      outage.withLockedValue { $0.dependencyFailed() }
      return ReserveResult(status: .ok)
    }
  }

  /// An outage ends by itself; what does not is for somebody to see.
  private static func level(of error: QueueError) -> Logger.Level {
    switch error.code {
    case .unavailable, .outOfMemory, .cancelled, .invalidEvent: .debug
    case .unexpectedReply: .warning
    // A rolling deploy went past this release: nothing but its end will help.
    case .incompatibleLayout: .error
    }
  }

  /// A batch that hangs is cancelled, and its events come again; the queue's books are put right by the consumer.
  private func deliver(_ reservations: [Reservation]) async {
    let batch = heartbeat.batchStarted()
    defer { heartbeat.batchEnded(batch) }
    let succeeded = await withTaskGroup(of: Bool.self) { race in
      race.addTask { await self.delivery.deliver(reservations, to: self.consumer) }
      race.addTask {
        // Cut short when the batch is done.
        try? await Task.sleep(for: Self.batchLimit)
        return false
      }
      let first = await race.next() ?? false
      race.cancelAll()
      return first
    }
    outage.withLockedValue { succeeded ? $0.workSucceeded() : $0.dependencyFailed() }
  }

  private func waitForWork(_ result: ReserveResult) async {
    guard result.status != .quarantine else { return }
    await cancelWhenGracefulShutdown { await self.consumer.waitForWork(nextDue: result.nextDue) }
  }

  private func restWhileDependenciesAreAway() async {
    guard let pause = outage.withLockedValue({ $0.pause(jitter: .random(in: 0..<1)) }) else { return }
    await Task.rest(for: pause)
  }

  /// Waits for the queue's Redis and judges it: one that may drop accepted events is refused.
  private func refuseUnfitServer() async throws {
    while !Task.isEnding {
      heartbeat.turnCompleted()
      do {
        let report = try await queue.inspectServer()
        for warning in report.warnings {
          logger.warning("queue server", metadata: [LogKey.error: "\(warning)"])
        }
        guard !report.refusals.isEmpty, !allowsUnsafeQueue else { return }
        throw ProgramFailure(
          .configuration,
          "the queue's Redis is unfit: \(report.refusals.joined(separator: "; ")) "
            + "(or set ALLOW_UNSAFE_QUEUE=true and lose events)")
      } catch let error as QueueError where error.code == .incompatibleLayout {
        throw ProgramFailure(.configuration, error.detail)
      } catch let error as QueueError {
        logger.log(
          level: Self.level(of: error), "the queue is not usable yet", metadata: [LogKey.error: "\(error)"])
        outage.withLockedValue { $0.dependencyFailed() }
        await restWhileDependenciesAreAway()
      }
    }
  }
}

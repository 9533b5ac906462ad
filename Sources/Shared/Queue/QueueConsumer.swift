package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Redis
internal import ServiceLifecycle

/// A worker's side of the queue: it keeps the worker registered, takes back what dead workers leave, and
/// makes sure that no lost reply strands a conversation on this one.
///
/// To be run as a service that is shut down *after* whatever calls ``reserve(_:)`` and ``settle(_:)``: it
/// stays alive for others as long as it runs, and gives back what is still in hand when it ends.
package final class QueueConsumer: Sendable {
  private let queue: WebhookQueue
  private let ledger: NIOLockedValueBox<ReservationLedger>
  private let nextShard = NIOLockedValueBox(0)
  private let listener: WakeListener
  private let deaths = Bell()
  private let logger: Logger
  private let onReap: @Sendable (ReapResult) -> Void

  /// - Parameter onReap: told of every reap that found something.
  package init(
    queue: WebhookQueue, logger: Logger, onReap: @escaping @Sendable (ReapResult) -> Void = { _ in }
  ) {
    self.queue = queue
    self.logger = logger
    self.onReap = onReap
    ledger = NIOLockedValueBox(ReservationLedger(worker: Self.newName()))
    listener = WakeListener(redis: queue.redis, shards: queue.shards)
  }

  /// Takes work within the limits, over all shards, each time beginning with another. An empty result says
  /// why.
  ///
  /// Safe to be called by several tasks. After an error nothing is in hand that was not before.
  package func reserve(_ limits: ReservationLimits = .init()) async throws(QueueError) -> ReserveResult {
    var room = limits
    var sum = ReserveResult(status: .ok)
    for shard in shardsInTurn() {
      do {
        let result = try await reserve(shard: shard, room)
        sum.add(result)
        room.shrink(by: result.reservations)
        guard result.status == .ok, room.isOpen else { break }
      } catch  where !sum.reservations.isEmpty {
        // What another shard gave is in hand and must reach the caller; the error will come again.
        break
      }
    }
    return sum
  }

  /// Ends reservations; results are in the order of the settlements. What is ``SettleResult/unknown(_:)``
  /// must not be settled again: unless it is settled it will be delivered again, to this worker or another.
  package func settle(_ settlements: [Settlement]) async -> [SettleResult] {
    let results = await queue.settle(settlements)
    ledger.withLockedValue { ledger in
      for (settlement, result) in zip(settlements, results) {
        if case .unknown = result {
          ledger.settleFailed(settlement.ticket)
        } else {
          ledger.settled(settlement.ticket)
        }
      }
    }
    if zip(settlements, results).contains(where: { $0.isDeath && $1 == .settled }) { deaths.ring() }
    return results
  }

  /// Waits until an event died by this worker's doing, or `limit`. For one caller.
  package func waitForDeath(atMost limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.deaths.next() }
      group.addTask { await pause(limit) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Waits until there may be work: a hint, a delayed conversation falling due, or `longestIdle`.
  package func waitForWork(nextDue: Duration? = nil) async {
    await listener.wait(atMost: min(nextDue ?? .seconds(3600), queue.settings.longestIdle))
  }

  /// Reservations in hand.
  package var heldCount: Int { ledger.withLockedValue { $0.held.count } }

  private func reserve(
    shard: Int, _ limits: ReservationLimits
  ) async throws(QueueError) -> ReserveResult {
    while true {
      let (start, worker) = ledger.withLockedValue { ($0.startReserve(shard: shard), $0.worker) }
      switch start {
      case .wait: return ReserveResult(status: .quarantine)
      case .register: try await register()
      case .reconcile: try await reconcile()
      case .reserve(let number, let isBusyElsewhere):
        return try await reserve(shard: shard, worker, number, limits, isBusyElsewhere)
      }
    }
  }

  private func reserve(
    shard: Int, _ worker: String, _ number: Int64, _ limits: ReservationLimits, _ isBusyElsewhere: Bool
  ) async throws(QueueError) -> ReserveResult {
    do {
      var result = try await queue.reserve(
        shard: shard, worker: worker, number: number, limits: limits, isBusyElsewhere: isBusyElsewhere)
      result.reservations = ledger.withLockedValue {
        $0.reserveAnswered(result, shard: shard, worker: worker)
      }
      if result.status == .fenced { startAnew(worker) }
      return result
    } catch {
      ledger.withLockedValue { $0.reserveFailed(worker: worker) }
      throw error
    }
  }

  private func register() async throws(QueueError) {
    let worker = ledger.withLockedValue { $0.worker }
    _ = try await queue.heartbeat(worker, registering: true)
    ledger.withLockedValue { $0.registered(worker: worker) }
  }

  /// Also called with every heartbeat, so that even a loss nobody noticed strands nothing for longer.
  private func reconcile(leaving: Bool = false) async throws(QueueError) {
    let (start, worker) = ledger.withLockedValue {
      if leaving { $0.abandonAll() }
      return ($0.startReconcile(), $0.worker)
    }
    guard let start else { return }
    let result = try await queue.reconcile(
      worker: worker, number: start.number, known: start.known, leaving: leaving)
    switch result {
    case .fenced: startAnew(worker)
    case .stale: break
    case .takenBack(let count):
      ledger.withLockedValue { $0.reconciled(start, worker: worker) }
      if count > 0 { logger.debug("gave conversations back", metadata: ["count": "\(count)"]) }
    }
  }

  private func startAnew(_ worker: String) {
    ledger.withLockedValue { $0.fenced(worker: worker, successor: Self.newName()) }
    logger.debug("fenced; going on under a new name", metadata: ["worker": "\(worker)"])
  }

  private func shardsInTurn() -> [Int] {
    if let duty = ledger.withLockedValue({ $0.duty }) { return [duty] }
    let count = queue.shards.count
    let first = nextShard.withLockedValue { next in
      defer { next = (next + 1) % count }
      return next
    }
    return (0..<count).map { (first + $0) % count }
  }

  private static func newName() -> String {
    var generator = SystemRandomNumberGenerator()
    return String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
  }
}

extension QueueConsumer: Service {
  /// Keeps the worker alive in the eyes of others until the graceful shutdown, then gives back what is in
  /// hand.
  package func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.listener.run() }
        group.addTask { await self.keepUp() }
      }
    }
    guard !Task.isCancelled else { return }
    do {
      try await reconcile(leaving: true)
    } catch {
      // Not an orderly end for what is in hand: it is taken back as from a dead worker.
      logger.debug("could not leave the queue", metadata: ["error": "\(error)"])
    }
  }

  /// Beats, and reaps with the beat at which that is due, so that little is sent while there is nothing to do.
  private func keepUp() async {
    let settings = queue.settings
    var nextReap = ContinuousClock.now
    while !Task.isCancelled {
      do throws(QueueError) {
        try await beat()
        if ContinuousClock.now >= nextReap {
          try await reap()
          // Half a beat early: a beat is always a little late.
          nextReap = .now + settings.reapInterval - settings.heartbeatInterval / 2
        }
        await pause(settings.heartbeatInterval)
      } catch {
        // Sooner than usual, so that a lease does not run out just after an outage.
        logger.debug("queue upkeep failed", metadata: ["error": "\(error)"])
        await pause(min(settings.heartbeatInterval, .milliseconds(500)))
      }
    }
  }

  private func beat() async throws(QueueError) {
    let (worker, isRegistered) = ledger.withLockedValue { ($0.worker, $0.isRegistered) }
    guard isRegistered else { return try await register() }
    if try await queue.heartbeat(worker) { try await reconcile() } else { startAnew(worker) }
  }

  private func reap() async throws(QueueError) {
    let result = try await queue.reap()
    guard result.conversations > 0 else { return }
    onReap(result)
    if result.buried > 0 { deaths.ring() }
    logger.debug(
      "took over from dead workers",
      metadata: ["conversations": "\(result.conversations)", "buried": "\(result.buried)"])
  }
}

extension ReserveResult {
  /// Another shard's answer added; its reason counts if there is one.
  fileprivate mutating func add(_ other: ReserveResult) {
    status = other.status
    reservations += other.reservations
    waiting += other.waiting
    nextDue = [nextDue, other.nextDue].compactMap { $0 }.min()
  }
}

extension Settlement {
  fileprivate var isDeath: Bool {
    if case .dead = failure { true } else { false }
  }
}

extension ReservationLimits {
  fileprivate var isOpen: Bool { conversations > 0 && events > 0 && bytes > 0 }

  fileprivate mutating func shrink(by reservations: [Reservation]) {
    conversations -= reservations.count
    for event in reservations.flatMap(\.events) {
      events -= 1
      bytes -= event.payload.readableBytes
    }
  }
}

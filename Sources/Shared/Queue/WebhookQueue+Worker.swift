internal import Redis

/// What a reap did.
package struct ReapResult: Sendable, Equatable {
  /// Conversations taken from dead workers.
  package var conversations = 0
  /// Events that died as poison.
  package var buried = 0
  /// Redis had been away: everybody got a new lease and nobody was declared dead.
  package var renewedLeases = false

  package init() {}
}

/// What a reconciliation did.
package enum ReconcileResult: Sendable, Equatable {
  /// The worker now holds what it knows of, and so many other conversations went back to the head of the
  /// line.
  case takenBack(Int)
  /// A later call was answered before.
  case stale
  /// The worker is not registered.
  case fenced
}

// The transitions a worker makes. Each names the worker, so that one process can stand for many in a test.
extension WebhookQueue {
  /// Registers a worker with every shard, or extends its lease.
  ///
  /// - Returns: false when a worker that is not `registering` was declared dead, or is unknown.
  package func heartbeat(_ worker: String, registering: Bool = false) async throws(QueueError) -> Bool {
    let arguments = [
      RedisArgument(worker), Self.milliseconds(settings.lease), registering ? "register" : "renew",
    ]
    let replies = try await evaluate(
      shards.map { $0.call(scripts.heartbeat, arguments) }, timeout: settings.workerTimeout)
    return replies.allSatisfy { $0.string == "ok" }
  }

  /// Takes work from one shard.
  ///
  /// - Parameters:
  ///   - number: higher than that of any call this worker made before.
  ///   - isBusyElsewhere: whether it holds work of another shard, which a suspect must not meet.
  package func reserve(
    shard: Int, worker: String, number: Int64, limits: ReservationLimits, isBusyElsewhere: Bool = false
  ) async throws(QueueError) -> ReserveResult {
    let arguments = [
      RedisArgument(worker), RedisArgument(number), RedisArgument(limits.conversations),
      RedisArgument(limits.eventsEach), RedisArgument(limits.events), RedisArgument(limits.bytes),
      Self.milliseconds(settings.lease), isBusyElsewhere ? "1" : "0",
    ]
    let call = shards[shard].call(scripts.reserve, arguments)
    let reply = try await evaluate([call], timeout: settings.workerTimeout)[0]
    guard let result = ReserveResult(reply, shard: shard, worker: worker) else {
      throw Self.unexpected(reply)
    }
    return result
  }

  /// Gives back, in all shards, what the worker holds without being among `known`; with `leaving` it is no
  /// longer registered afterwards, unless something it knows is still in its hands.
  package func reconcile(
    worker: String, number: Int64, known: some Collection<ReservationTicket>, leaving: Bool = false
  ) async throws(QueueError) -> ReconcileResult {
    let head = [RedisArgument(worker), RedisArgument(number), leaving ? "1" : "0"]
    let calls = shards.map { shard in
      let mine = known.filter { $0.shard == shard.index && $0.worker == worker }
      return shard.call(
        scripts.reconcile, head + mine.flatMap { [RedisArgument($0.token), RedisArgument($0.fence)] })
    }
    let replies = try await evaluate(calls, timeout: settings.workerTimeout)
    if replies.contains(where: { $0.string == "fenced" }) { return .fenced }
    if replies.contains(where: { $0.string == "stale" }) { return .stale }
    return .takenBack(replies.reduce(0) { $0 + Int($1.integer ?? 0) })
  }

  /// Ends reservations, all of a worker and shard in one script; each stands or falls alone. Results are in the order
  /// of the settlements.
  package func settle(_ settlements: [Settlement]) async -> [SettleResult] {
    let groups = Array(Dictionary(grouping: settlements.indices) { Holder(settlements[$0].ticket) })
    let calls = groups.map { holder, members in
      shards[holder.shard].call(scripts.settle, arguments(of: members.map { settlements[$0] }, holder.worker))
    }
    do throws(RedisError) {
      var results: [Int: SettleResult] = [:]
      for (group, reply) in zip(groups, try await redis.evaluate(calls, timeout: settings.workerTimeout)) {
        results.merge(zip(group.value, Self.settleResults(reply, count: group.value.count))) { $1 }
      }
      return settlements.indices.map { results[$0] ?? .unknown(QueueError(.unexpectedReply, "no result")) }
    } catch {
      let error = QueueError(error)
      return settlements.map { _ in .unknown(error) }
    }
  }

  /// Whose reservations one script can end.
  private struct Holder: Hashable {
    let shard: Int
    let worker: String

    init(_ ticket: ReservationTicket) {
      shard = ticket.shard
      worker = ticket.worker
    }
  }

  /// Takes back what dead workers hold. Any worker may call it at any time, after a heartbeat of its own.
  package func reap() async throws(QueueError) -> ReapResult {
    let arguments = [
      Self.milliseconds(settings.lease), Self.milliseconds(settings.silence),
      RedisArgument(settings.deadlyStrikes), RedisArgument(settings.cleanEvents),
      RedisArgument(settings.reapBudget),
    ]
    let replies = try await evaluate(
      shards.map { $0.call(scripts.reap, arguments) }, timeout: settings.workerTimeout)
    var sum = ReapResult()
    for reply in replies {
      let counts = reply.array?.compactMap(\.integer) ?? []
      guard counts.count == 3 else { throw Self.unexpected(reply) }
      sum.conversations += Int(counts[0])
      sum.buried += Int(counts[1])
      sum.renewedLeases = sum.renewedLeases || counts[2] == 1
    }
    return sum
  }

  private func arguments(of settlements: [Settlement], _ worker: String) -> [RedisArgument] {
    let floor = settlements.compactMap(\.minimumFence).max() ?? 0
    return [RedisArgument(worker), Self.milliseconds(settings.tombstone), RedisArgument(floor)]
      + settlements.flatMap { settlement in
        [RedisArgument(settlement.ticket.token), RedisArgument(settlement.ticket.fence)]
          + Self.arguments(of: settlement.failure) + [RedisArgument(settlement.acknowledged.count)]
          + settlement.acknowledged.map { RedisArgument($0) }
      }
  }

  private static func arguments(of failure: Settlement.Failure?) -> [RedisArgument] {
    switch failure {
    case nil: ["none", "", "0", "", "", ""]
    case .release: ["release", "", "0", "", "", ""]
    case .retry(let id, let delay, let why):
      ["retry", .init(id), milliseconds(delay), "", .init(why.failureClass), .init(why.message)]
    case .dead(let id, let reason, let why):
      ["dead", .init(id), "0", .init(reason.rawValue), .init(why.failureClass), .init(why.message)]
    }
  }

  private static func settleResults(_ reply: RedisReply, count: Int) -> [SettleResult] {
    guard let answers = reply.array, answers.count == count else {
      let error = reply.error.map(QueueError.init) ?? unexpected(reply)
      return Array(repeating: .unknown(error), count: count)
    }
    return answers.map { answer in
      switch answer.string {
      case "ok": .settled
      case "fenced": .fenced
      default: .unknown(unexpected(answer))
      }
    }
  }

  static func milliseconds(_ duration: Duration) -> RedisArgument {
    let (seconds, attoseconds) = duration.components
    return RedisArgument(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}

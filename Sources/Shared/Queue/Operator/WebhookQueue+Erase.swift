internal import Redis

/// A deleted conversation of whose events nothing may stay but their ids.
package struct QueueErasure: Sendable {
  /// The external id.
  package let conversation: String
  /// Milliseconds since 1970 by the clock of Redis: events accepted later stay as they are.
  package let acceptedUntil: Int64

  package init(conversation: String, acceptedUntil: Int64 = .max) {
    self.conversation = conversation
    self.acceptedUntil = acceptedUntil
  }
}

/// What an erasure found.
package struct EraseResult: Sendable, Equatable {
  /// Events emptied in their places, be they waiting, delayed or in a worker's hands; those that were empty included.
  package var emptied = 0
  /// Dead events that came back, empty.
  package var returned = 0

  package init(emptied: Int = 0, returned: Int = 0) {
    self.emptied = emptied
    self.returned = returned
  }
}

extension WebhookQueue {
  /// Empties the events of conversations, wherever they are. A worker gets each of them once more without a payload, and
  /// records that it was deleted: so no accepted event disappears.
  ///
  /// It costs a walk over the dead, and so as little for a hundred conversations as for one. What changes its state
  /// between two steps may be missed; after a while the same again finds it.
  ///
  /// - Parameter timeout: of each step; that of a worker's calls by default.
  package func erase(
    _ erasures: [QueueErasure], timeout: Duration? = nil
  ) async throws(QueueError) -> EraseResult {
    let timeout = timeout ?? settings.workerTimeout
    var result = EraseResult()
    for shard in shards {
      let targets = erasures.map { EraseTarget($0, shards: shards.count) }.filter {
        $0.token.shard == shard.index
      }
      guard !targets.isEmpty else { continue }
      // The queued first: what dies meanwhile is found among the dead.
      result.emptied += try await emptyQueued(targets, shard, timeout)
      result.returned += try await bringBackDead(targets, shard, timeout)
    }
    return result
  }

  /// Events per script call: Redis serves nobody else meanwhile.
  private static let eraseStep = 200

  /// From the youngest on: what is settled meanwhile leaves at the other end, so none is passed over.
  private func emptyQueued(
    _ targets: [EraseTarget], _ shard: QueueShard, _ timeout: Duration
  ) async throws(QueueError) -> Int {
    var (left, skipped, emptied) = (targets, 0, 0)
    while !left.isEmpty {
      let calls = left.map {
        shard.call(scripts.erase, $0.arguments(skipping: skipped, looking: Self.eraseStep))
      }
      let counts = try await evaluate(calls, timeout: timeout).map(Self.counts)
      emptied += counts.reduce(0) { $0 + $1[1] }
      left = zip(left, counts).filter { $1[0] == Self.eraseStep }.map(\.0)
      skipped += Self.eraseStep
    }
    return emptied
  }

  private func bringBackDead(
    _ targets: [EraseTarget], _ shard: QueueShard, _ timeout: Duration
  ) async throws(QueueError) -> Int {
    var returned = 0
    var cursor = DeadCursor(.oldestFirst)
    while !cursor.isAtEnd {
      let dead = try await summaries(of: nextDead(of: shard, &cursor), shard)
      let calls = targets.compactMap { target -> RedisScriptCall? in
        let ids = dead.filter { target.mayOwn($0.conversation) }.map(\.id)
        return ids.isEmpty ? nil : shard.call(scripts.erase, target.arguments(dead: ids))
      }
      guard !calls.isEmpty else { continue }
      returned += try await evaluate(calls, timeout: timeout).map(Self.counts).reduce(0) { $0 + $1[2] }
    }
    return returned
  }

  private static func counts(_ reply: RedisReply) throws(QueueError) -> [Int] {
    let counts = reply.array?.compactMap(\.integer).map { Int($0) } ?? []
    guard counts.count == 3 else { throw unexpected(reply) }
    return counts
  }
}

/// An erasure with where it takes place.
private struct EraseTarget: Sendable {
  let conversation: String
  let token: ConversationToken
  private let latest: RedisArgument

  init(_ erasure: QueueErasure, shards: Int) {
    conversation = erasure.conversation
    token = ConversationToken(erasure.conversation, shards: shards)
    // Lua's numbers are exact up to 2^53.
    latest = RedisArgument(min(erasure.acceptedUntil, 1 << 53))
  }

  /// The script knows for sure.
  func mayOwn(_ conversation: String?) -> Bool {
    guard let bytes = conversation?.utf8 else { return false }
    return bytes.elementsEqual(self.conversation.utf8) || bytes.elementsEqual(token.text.utf8)
  }

  func arguments(skipping skipped: Int = 0, looking count: Int = 0, dead ids: [String] = [])
    -> [RedisArgument]
  {
    [
      RedisArgument(token.text), RedisArgument(conversation), latest, RedisArgument(skipped),
      RedisArgument(count),
    ] + ids.map { RedisArgument($0) }
  }
}

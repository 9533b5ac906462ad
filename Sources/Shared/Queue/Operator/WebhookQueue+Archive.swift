internal import Keyspace
package import NIOCore
internal import Redis

/// A dead event with what it carries: all that Postgres keeps of it.
package struct DeadEventCopy: Sendable, Equatable {
  package let event: DeadEvent
  /// Nil when it is lost.
  package let payload: ByteBuffer?
  package let traceparent: String?

  package init(event: DeadEvent, payload: ByteBuffer?, traceparent: String?) {
    self.event = event
    self.payload = payload
    self.traceparent = traceparent
  }
}

/// What became of a purged event that was to come back.
package enum RestoreOutcome: String, Sendable, Hashable {
  case restored
  /// It never left.
  case dead
  case queued
  case settled
}

// How dead events get to Postgres, out of Redis, and back.
extension WebhookQueue {
  /// Copies of some dead events that Postgres has not, 8 MiB of them or a single larger one; none when it has all.
  ///
  /// - Parameter fromStart: look at all the dead again, whatever was found copied.
  package func unarchived(fromStart: Bool = false) async throws(QueueError) -> [DeadEventCopy] {
    for shard in shards {
      var begins = fromStart
      while true {
        let call = shard.call(scripts.unarchived, [begins ? "1" : "0", 100, 1000])
        let reply = try await evaluate([call], timeout: settings.workerTimeout)[0]
        guard let parts = reply.array, let hasMore = parts.first?.string.map({ $0 == "1" }) else {
          throw Self.unexpected(reply)
        }
        let marks = Self.marks(parts.dropFirst(), bytes: 8 << 20)
        guard marks.isEmpty else { return try await copies(of: marks, shard) }
        guard hasMore else { break }
        begins = false
      }
    }
    return []
  }

  /// Allows to purge dead events, once their copies are committed.
  ///
  /// - Returns: for each whether it is still as dead as the copy says. If not, the copy is void.
  package func markArchived(_ events: [DeadEvent]) async throws(QueueError) -> [Bool] {
    let arguments = events.flatMap { [RedisArgument($0.id), RedisArgument($0.diedAt)] }
    // Asking all is the only way: of an event whose hash was lost the conversation, and so the shard, is not known.
    let replies = try await evaluate(
      shards.map { $0.call(scripts.archive, arguments) }, timeout: settings.workerTimeout)
    return events.indices.map { index in
      replies.contains { reply in
        guard let results = reply.array, results.indices.contains(index) else { return false }
        return results[index].string == "archived"
      }
    }
  }

  /// Archived events that have been dead for longer than `age`, and the longest dead beyond `count`, over all
  /// shards; at most 500 of a shard.
  package func purgeable(olderThan age: Duration, beyond count: Int) async throws(QueueError) -> [String] {
    let oldest = try await serverTime() - age.milliseconds
    var found: [String] = []
    for shard in shards {
      let dead = RedisArgument(shard.keys.dead)
      let size = try await pipeline([RedisCommand("ZCARD", dead)])[0].integer ?? 0
      let excess = min(500, size - Int64((count + shards.count - 1) / shards.count))
      let replies = try await pipeline([
        RedisCommand("ZRANGE", dead, "-inf", "(\(oldest)", "BYSCORE", "LIMIT", 0, 500),
        excess > 0
          ? RedisCommand("ZRANGE", dead, 0, RedisArgument(excess - 1)) : RedisCommand("ZRANGE", dead, 1, 0),
      ])
      let ids = Set(replies.flatMap { $0.array ?? [] }.compactMap(\.string)).sorted()
      let flags = try await pipeline(
        ids.map { RedisCommand("HGET", .init(shard.keys.event($0)), "archived") })
      found += zip(ids, flags).filter { $1.string == "1" }.map(\.0)
    }
    return found
  }

  /// Forgets archived events.
  ///
  /// - Returns: how many were still dead and archived.
  package func purge(_ ids: [String]) async throws(QueueError) -> Int {
    let calls = shards.flatMap { shard in
      Self.chunks(of: ids).map { shard.call(scripts.purge, $0.map { RedisArgument($0) }) }
    }
    if calls.isEmpty { return 0 }
    return try await evaluate(calls, timeout: settings.workerTimeout).reduce(0) { $0 + Int($1.integer ?? 0) }
  }

  /// Withdraws ``markArchived(_:)``: Postgres has no valid copy. A walk from the start finds them again.
  package func withdrawArchived(_ ids: [String]) async throws(QueueError) {
    _ = try await pipeline(
      shards.flatMap { shard in ids.map { RedisCommand("HDEL", .init(shard.keys.event($0)), "archived") } })
  }

  /// Puts purged events back among the dead, which takes a payload: of what died for want of one the conversation, and
  /// with it the shard, may not be known. Outcomes are in the order of the copies.
  package func restore(_ copies: [DeadEventCopy]) async throws(QueueError) -> [RestoreOutcome] {
    precondition(copies.allSatisfy { $0.payload != nil }, "an event without a payload cannot come back")
    let calls = copies.map { copy in
      shards[ConversationToken(copy.event.conversation, shards: shards.count).shard]
        .call(scripts.restore, [.init(copy.event.id), .init(copy.event.diedAt)] + copy.fields)
    }
    if calls.isEmpty { return [] }
    return try await evaluate(calls, timeout: settings.workerTimeout).map { reply throws(QueueError) in
      guard let outcome = reply.string.flatMap(RestoreOutcome.init) else { throw Self.unexpected(reply) }
      return outcome
    }
  }

  /// The script's `id, died at, bytes …`, as many as fit the byte limit, and one at least.
  private static func marks(_ parts: ArraySlice<RedisReply>, bytes: Int64) -> [DeadCursor.Mark] {
    var marks: [DeadCursor.Mark] = []
    var room = bytes
    for index in stride(from: parts.startIndex, to: parts.endIndex - 2, by: 3) {
      guard let id = parts[index].string, let time = parts[index + 1].string.flatMap(Double.init) else {
        continue
      }
      room -= parts[index + 2].integer ?? 0
      if room < 0, !marks.isEmpty { break }
      marks.append(DeadCursor.Mark(id: id, diedAt: Int64(time)))
    }
    return marks
  }

  private func copies(
    of marks: [DeadCursor.Mark], _ shard: QueueShard
  ) async throws(QueueError) -> [DeadEventCopy] {
    let events = try await details(of: marks, shard)
    let payloads = try await pipeline(
      marks.map { RedisCommand("HMGET", .init(shard.keys.event($0.id)), "payload", "traceparent") })
    return zip(events, payloads).map { event, reply in
      DeadEventCopy(event: event, payload: reply.array?.first?.bytes, traceparent: reply.array?.last?.string)
    }
  }
}

extension DeadEventCopy {
  /// Names and values as the event's hash has them.
  fileprivate var fields: [RedisArgument] {
    var fields: [(RedisArgument, RedisArgument)] = [
      ("conversation", .init(event.conversation)), ("reason", .init(event.reason)),
      ("class", .init(event.failureClass)), ("error", .init(event.message)),
      ("enqueuedAt", .init(event.enqueuedAt)), ("deliveries", .init(event.deliveries)),
      ("strikes", .init(event.strikes)),
    ]
    if let payload { fields.append(("payload", .init(payload))) }
    if let traceparent { fields.append(("traceparent", .init(traceparent))) }
    return fields.flatMap { [$0, $1] }
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}

internal import Keyspace
package import NIOCore
internal import Redis

// Reading the dead. Cheap for Redis, however many there are: pages by one command, their details by a pipeline.
extension WebhookQueue {
  /// The dead that are in Redis, newest first, over all shards.
  package func deadEvents(
    limit: Int, selection: DeadSelection = .all
  ) async throws(QueueError) -> [DeadEvent] {
    var found: [DeadEvent] = []
    for shard in shards { found += try await deadEvents(of: shard, limit, selection) }
    found.sort { ($0.diedAt, $0.id) > ($1.diedAt, $1.id) }
    return Array(found.prefix(limit))
  }

  /// How many are dead in Redis, and of what. Reads one field of every dead event.
  package func deadCounts() async throws(QueueError) -> DeadCounts {
    var counts = DeadCounts()
    for shard in shards {
      var cursor = DeadCursor(.oldestFirst)
      while !cursor.isAtEnd {
        let marks = try await nextDead(of: shard, &cursor)
        for summary in try await summaries(of: marks, shard) {
          counts.byClass[summary.failureClass, default: 0] += 1
        }
      }
    }
    return counts
  }

  /// What an event carries, while it is queued or dead in Redis.
  package func payload(of id: String) async throws(QueueError) -> ByteBuffer? {
    let commands = shards.map { RedisCommand("HGET", .init($0.keys.event(id)), "payload") }
    return try await pipeline(commands).lazy.compactMap(\.bytes).first
  }

  /// What a bulk command has to know of a dead event.
  struct DeadSummary {
    let id: String
    /// Nil when the hash is gone.
    let conversation: String?
    let failureClass: String
  }

  /// The next step of a walk.
  func nextDead(
    of shard: QueueShard, _ cursor: inout DeadCursor
  ) async throws(QueueError) -> [DeadCursor.Mark] {
    let arguments = [shard.keys.dead] + cursor.arguments
    let reply = try await pipeline([RedisCommand("ZRANGE", arguments.map { RedisArgument($0) })])[0]
    let parts = reply.array ?? []
    return cursor.advance(
      stride(from: 0, to: parts.count - 1, by: 2).compactMap { index in
        guard let id = parts[index].string, let score = parts[index + 1].string.flatMap(Double.init) else {
          return nil
        }
        return DeadCursor.Mark(id: id, diedAt: Int64(score))
      })
  }

  func summaries(
    of marks: [DeadCursor.Mark], _ shard: QueueShard
  ) async throws(QueueError) -> [DeadSummary] {
    let replies = try await pipeline(
      marks.map { RedisCommand("HMGET", .init(shard.keys.event($0.id)), "conversation", "class") })
    return zip(marks, replies).map { mark, reply in
      let fields = reply.array ?? []
      return DeadSummary(
        id: mark.id, conversation: fields.first?.string, failureClass: fields.last?.string ?? "")
    }
  }

  private func deadEvents(
    of shard: QueueShard, _ limit: Int, _ selection: DeadSelection
  ) async throws(QueueError) -> [DeadEvent] {
    var cursor = DeadCursor(.newestFirst, page: selection == .all ? min(limit, 500) : 500)
    var found: [DeadEvent] = []
    while found.count < limit, !cursor.isAtEnd {
      let marks = try await nextDead(of: shard, &cursor)
      found += try await details(of: marks, shard).filter { selection.includes($0.failureClass) }
    }
    return found
  }

  func details(
    of marks: [DeadCursor.Mark], _ shard: QueueShard
  ) async throws(QueueError) -> [DeadEvent] {
    let fields: [RedisArgument] = [
      "conversation", "reason", "class", "error", "enqueuedAt", "deliveries", "strikes", "archived",
    ]
    let replies = try await pipeline(
      marks.flatMap { mark in
        let key = RedisArgument(shard.keys.event(mark.id))
        return [RedisCommand("HMGET", [key] + fields), RedisCommand("HSTRLEN", key, "payload")]
      })
    return marks.enumerated().map { index, mark in
      DeadEvent(mark, replies[2 * index].array ?? [], size: replies[2 * index + 1].integer ?? 0)
    }
  }

  /// The replies, none of them an error.
  func pipeline(_ commands: [RedisCommand]) async throws(QueueError) -> [RedisReply] {
    if commands.isEmpty { return [] }
    do throws(RedisError) {
      let replies = try await redis.pipeline(commands, timeout: settings.workerTimeout)
      for reply in replies { _ = try reply.get() }
      return replies
    } catch {
      throw QueueError(error)
    }
  }
}

extension DeadEvent {
  /// One that was replayed or discarded since the page was read has no fields any more.
  fileprivate init(_ mark: DeadCursor.Mark, _ fields: [RedisReply], size: Int64) {
    func text(_ index: Int) -> String { fields.indices.contains(index) ? fields[index].string ?? "" : "" }
    self.init(
      id: mark.id, conversation: text(0), reason: text(1), failureClass: text(2), message: text(3),
      enqueuedAt: Int64(text(4)) ?? 0, diedAt: mark.diedAt, deliveries: Int(text(5)) ?? 0,
      strikes: Int(text(6)) ?? 0, payloadSize: Int(size), isArchived: text(7) == "1")
  }
}

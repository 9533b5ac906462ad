internal import Keyspace
package import NIOCore
package import Redis

/// What became of an event offered to the queue.
package enum EnqueueResult: String, Sendable {
  case queued
  /// It is queued, dead or was settled before.
  case duplicate
  /// The depth limit is reached; nothing was stored.
  case full
}

/// The queue as it lies in Redis: one script per transition, no state of its own. A worker uses
/// ``QueueConsumer``, which keeps the books that the transitions ask for.
package final class WebhookQueue: Sendable {
  let settings: QueueSettings
  let redis: RedisClient
  let scripts: QueueScripts
  let shards: [QueueShard]

  package init(redis: RedisClient, settings: QueueSettings = .init(), scripts: QueueScripts = .bundled) {
    precondition(settings.shards > 0, "a queue of \(settings.shards) shards")
    self.redis = redis
    self.settings = settings
    self.scripts = scripts
    shards = (0..<settings.shards).map { QueueShard(index: $0, prefix: settings.prefix) }
  }

  /// Accepts an event, once per id. On return of ``EnqueueResult/queued`` it is as safe as Redis keeps its
  /// data.
  ///
  /// After an error whose outcome is unknown the event may be queued; offering it again is then a duplicate.
  ///
  /// - Parameters:
  ///   - id: 1–128 bytes, the same for the same event.
  ///   - conversation: the external id, 1–512 bytes; events of one are delivered in the order of their
  ///     arrival here.
  package func enqueue(
    id: String, conversation: String, payload: ByteBuffer, traceparent: String? = nil
  ) async throws(QueueError) -> EnqueueResult {
    let call = try enqueueCall(id, conversation, payload, traceparent)
    let reply = try await evaluate([call], timeout: settings.enqueueTimeout)[0]
    return try Self.result(of: reply)
  }

  /// The same without a task that waits, for whoever works on the event loop itself.
  ///
  /// - Parameter then: called once, on `eventLoop`; with nil when nothing was done, because Redis does not know the script.
  /// - Returns: false when Redis cannot be asked from this loop; `then` is not called.
  package func offer(
    id: String, conversation: String, payload: ByteBuffer, traceparent: String?, on eventLoop: any EventLoop,
    then: @escaping @Sendable (Result<EnqueueResult, QueueError>?) -> Void
  ) -> Bool {
    guard let call = try? enqueueCall(id, conversation, payload, traceparent),
      let request = try? RedisRequest([call.byDigest]), let connection = redis.connection(on: eventLoop)
    else { return false }
    connection.send(request, timeout: settings.enqueueTimeout) { outcome in
      do throws(RedisError) {
        let reply = try outcome.get().first ?? .null
        guard reply.error?.serverPrefix != "NOSCRIPT" else { return then(nil) }
        let value = try reply.get()
        then(Result { () throws(QueueError) in try Self.result(of: value) })
      } catch { then(.failure(QueueError(error))) }
    }
    return true
  }

  private func enqueueCall(
    _ id: String, _ conversation: String, _ payload: ByteBuffer, _ traceparent: String?
  ) throws(QueueError) -> RedisScriptCall {
    try Self.check("event id", id, limit: 128)
    try Self.check("conversation id", conversation, limit: 512)
    let token = ConversationToken(conversation, shards: shards.count)
    let keys = shards[token.shard].keys
    let limit = (settings.maximumDepth + shards.count - 1) / shards.count
    return RedisScriptCall(
      scripts.enqueue,
      keys: [
        RedisArgument(keys.done(id)), RedisArgument(keys.event(id)), RedisArgument(keys.events(token.text)),
        RedisArgument(keys.ready), RedisArgument(keys.wake), RedisArgument(keys.meta),
      ],
      arguments: [
        RedisArgument(id), RedisArgument(token.text), RedisArgument(conversation), RedisArgument(payload),
        RedisArgument(traceparent ?? ""), RedisArgument(limit),
      ])
  }

  private static func result(of reply: RedisReply) throws(QueueError) -> EnqueueResult {
    guard let result = reply.string.flatMap(EnqueueResult.init) else { throw unexpected(reply) }
    return result
  }

  /// Counts for metrics, autoscaling and health.
  package func statistics() async throws(QueueError) -> QueueStatistics {
    let replies = try await evaluate(
      shards.map { $0.call(scripts.stats, []) }, timeout: settings.workerTimeout)
    var sum = QueueStatistics()
    for reply in replies {
      let counts = reply.array?.compactMap { $0.integer.map { Int($0) } } ?? []
      guard let statistics = QueueStatistics(counts) else { throw Self.unexpected(reply) }
      sum.add(statistics)
    }
    return sum
  }

  /// What speaks against keeping the queue on this server; to be asked once at the start. Throws
  /// ``QueueError/Code/incompatibleLayout`` when a later release has been at work here.
  package func inspectServer() async throws(QueueError) -> QueueServerReport {
    let reply: RedisReply
    do throws(RedisError) {
      reply = try await redis.execute(RedisCommand("INFO"), timeout: settings.workerTimeout)
    } catch {
      throw QueueError(error)
    }
    guard let info = reply.string else { throw Self.unexpected(reply) }
    let report = QueueServerReport(info: info)
    // Any script refuses keys it does not know; on an unfit server none may run.
    if report.refusals.isEmpty { _ = try await statistics() }
    return report
  }

  /// The replies, none of them an error.
  func evaluate(_ calls: [RedisScriptCall], timeout: Duration) async throws(QueueError) -> [RedisReply] {
    do throws(RedisError) {
      let replies = try await redis.evaluate(calls, timeout: timeout)
      for reply in replies { _ = try reply.get() }
      return replies
    } catch {
      throw QueueError(error)
    }
  }

  static func unexpected(_ reply: RedisReply) -> QueueError {
    // The reply may hold a payload, which belongs in no log.
    let shape = reply.array.map { "an array of \($0.count)" } ?? reply.error?.detail ?? "a single value"
    return QueueError(.unexpectedReply, "a script answered with \(shape)")
  }

  private static func check(_ what: String, _ id: String, limit: Int) throws(QueueError) {
    guard (1...limit).contains(id.utf8.count) else {
      throw QueueError(.invalidEvent, "\(what) of \(id.utf8.count) bytes; 1–\(limit) are possible")
    }
  }
}

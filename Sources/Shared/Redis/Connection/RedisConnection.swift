internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Telemetry

/// One connection to Redis, usable from any task. Commands are pipelined in the order of the calls.
package final class RedisConnection: Sendable {
  private let channel: any Channel
  private let mailbox: RedisMailbox
  private let settings: RedisClientSettings
  private let name: NIOLockedValueBox<(text: String?, askedAt: NIODeadline)>

  init(channel: any Channel, mailbox: RedisMailbox, serverName: String?, settings: RedisClientSettings) {
    self.channel = channel
    self.mailbox = mailbox
    name = NIOLockedValueBox((serverName, .now()))
    self.settings = settings
  }

  /// Whether commands are taken; false from the moment the connection is known to end.
  package var isOpen: Bool { mailbox.isOpen }

  /// `<run_id>|<master_replid>` of the server, as it said last: on connect, or when somebody asked anew. Nil if it
  /// would not say.
  package var serverName: String? { name.withLockedValue { $0.text } }

  /// Takes what the server just said about itself.
  func learn(serverName: String?) { name.withLockedValue { $0 = (serverName, .now()) } }

  /// Asks for the name anew in the background, at most once a second: something said that the server is another one.
  package func doubtServerName() {
    let isDue = name.withLockedValue { name in
      let now = NIODeadline.now()
      guard now - name.askedAt >= .seconds(1) else { return false }
      name.askedAt = now
      return true
    }
    // Bare task: nobody waits for it. Without an answer the next doubt asks again.
    if isDue { Task { try? await RequestDeadline.without { try await askServer() } } }
  }

  var eventLoop: any EventLoop { channel.eventLoop }

  /// Completes when the socket is closed, for whatever reason.
  var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

  /// Of a call that is made now; nil means the client's default.
  func limit(_ timeout: Duration?) -> RedisTimeLimit { RedisTimeLimit(timeout ?? settings.commandTimeout) }

  /// The one way out: `request` is `replies` encoded commands, and more than one reply comes as an array.
  func send(
    _ request: ByteBuffer, replies: Int, limit: RedisTimeLimit
  ) async -> Result<RedisReply, RedisError> {
    let call = RedisCall(request: request, replies: replies, limit: limit)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard call.wait({ continuation.resume(returning: $0) }) else { return }
        post(call)
      }
    } onCancel: {
      call.cancel()
    }
  }

  /// The same without a task: `then` is called once, on the connection's event loop or, when nothing can be sent, at
  /// once.
  func send(
    _ request: ByteBuffer, replies: Int, limit: RedisTimeLimit, then: @escaping RedisCall.Waiter
  ) {
    let call = RedisCall(request: request, replies: replies, limit: limit)
    if call.wait(then) { post(call) }
  }

  private func post(_ call: RedisCall) {
    switch mailbox.add(call) {
    case .none: break
    case .refuse(let error): call.finish(.failure(error))
    case .scheduleDrain: onHandler { $0.drainMailbox() }
    }
  }

  /// Takes nothing new, waits for the replies under way, then closes; at the latest after the drain timeout.
  func drain() {
    onHandler { $0.drain() }
    let lastCall = eventLoop.scheduleTask(in: TimeAmount(settings.drainTimeout)) { self.close() }
    closeFuture.whenComplete { _ in lastCall.cancel() }
  }

  /// Closes at once; whoever waits is told that the connection was lost.
  func close() { onHandler { $0.end(RedisError(.connectionLost, "the connection was closed")) } }

  private func onHandler(_ body: @escaping @Sendable (RedisChannelHandler) -> Void) {
    channel.eventLoop.execute { [channel] in
      // Gone once the channel is closed, and everybody has been answered then.
      guard let handler = try? channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self) else {
        return
      }
      body(handler)
    }
  }
}

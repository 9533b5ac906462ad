internal import NIOCore

/// The I/O around ``RedisConnectionStateMachine``: bytes in and out, one timer, replies to their calls.
///
/// Not `Sendable`: everything happens on the channel's event loop.
final class RedisChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  typealias Machine = RedisConnectionStateMachine<RedisCall>

  /// Requests up to this size are copied together into one write.
  private static let coalescedRequestBytes = 16 << 10

  private let setup: RedisConnectionSetup
  private let mailbox: RedisMailbox
  private let reader: RedisReader
  private let becameReady: EventLoopPromise<String?>
  private var machine: Machine?
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?

  init(setup: RedisConnectionSetup, mailbox: RedisMailbox, becameReady: EventLoopPromise<String?>) {
    self.setup = setup
    self.mailbox = mailbox
    self.becameReady = becameReady
    reader = RedisReader(maximumReplyBytes: setup.settings.maximumReplyBytes)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { greet(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    end(RedisError(.connectionLost, "the connection was closed"))
    self.context = nil
  }
}

// MARK: - Out

extension RedisChannelHandler {
  func channelActive(context: ChannelHandlerContext) {
    greet(context)
    context.fireChannelActive()
  }

  private func greet(_ context: ChannelHandlerContext) {
    guard machine == nil else { return }
    let now = NIODeadline.now()
    machine = Machine(
      greeting: setup.greeting, deadline: setup.deadline, limits: setup.limits, now: now)
    rearm(setup.deadline)
    context.writeAndFlush(wrapOutboundOut(setup.greetingBytes), promise: nil)
  }

  /// Writes what has come into the mailbox since the last time, with one flush.
  func drainMailbox() {
    guard let context else { return }
    var batch = ByteBuffer()
    for call in mailbox.takeAll() where call.isWaiting {
      guard submit(call) else { continue }
      if call.request.readableBytes <= Self.coalescedRequestBytes {
        batch.writeImmutableBuffer(call.request)
      } else {
        write(&batch, context)
        context.write(wrapOutboundOut(call.request), promise: nil)
      }
    }
    write(&batch, context)
    context.flush()
  }

  private func write(_ batch: inout ByteBuffer, _ context: ChannelHandlerContext) {
    guard batch.readableBytes > 0 else { return }
    context.write(wrapOutboundOut(batch), promise: nil)
    batch = ByteBuffer()
  }

  private func submit(_ call: RedisCall) -> Bool {
    let action = machine?.submit(
      call, replies: call.replies, bytes: call.request.readableBytes, limit: call.limit, now: .now())
    switch action {
    case .write(let deadline):
      if let deadline { rearm(deadline) }
      return true
    case .refuse(let error):
      call.finish(.failure(error))
    case nil:
      call.finish(.failure(RedisError(.notConnected, "the connection is being set up")))
    }
    return false
  }
}

// MARK: - In

extension RedisChannelHandler {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    machine?.bytesReceived(now: .now())
    reader.append(unwrapInboundIn(data))
    do throws(RedisError) {
      while let reply = try reader.next() { received(reply) }
    } catch {
      end(error)
    }
  }

  private func received(_ reply: RedisReply) {
    switch machine?.replyReceived(reply) {
    case .deliver(let call, let reply):
      call.finish(.success(reply))
    case .deliverAndClose(let call, let reply):
      call.finish(.success(reply))
      close()
    case .becameReady(let serverName):
      becameReady.succeed(serverName)
    case .close:
      close()
    case .fail(let error, let calls):
      end(error, failing: calls)
    case .some(.none), nil:
      break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(RedisError(.connectionLost, "the server closed the connection"))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(RedisError(.connectionLost, "\(error)"))
  }
}

// MARK: - Time and end

extension RedisChannelHandler {
  private func rearm(_ deadline: NIODeadline) {
    timer?.cancel()
    let handler = NIOLoopBound(self, eventLoop: setup.eventLoop)
    timer = setup.eventLoop.scheduleTask(deadline: deadline) { handler.value.timerFired() }
  }

  private func timerFired() {
    timer = nil
    switch machine?.deadlineReached(now: .now()) {
    case .expire(let calls, let deadline):
      for call in calls { call.finish(.failure(RedisError(.timedOut, "no reply within the deadline"))) }
      if let deadline { rearm(deadline) }
    case .fail(let error, let calls):
      end(error, failing: calls)
    case nil:
      break
    }
  }

  /// Graceful: replies already asked for are still waited for.
  func drain() {
    for call in mailbox.close(RedisError(.shutDown, "the client is shutting down")) {
      call.finish(.failure(RedisError(.shutDown, "the client is shutting down")))
    }
    if machine?.drain() ?? true { close() }
  }

  /// Idempotent: after the first time nobody waits any more.
  func end(_ error: RedisError) {
    end(error, failing: machine?.close() ?? [])
  }

  private func end(_ error: RedisError, failing calls: [RedisCall]) {
    let unsent = mailbox.close(RedisError(.notConnected, error.detail))
    for call in calls { call.finish(.failure(RedisError(Self.outcome(of: error), error.detail))) }
    for call in unsent { call.finish(.failure(RedisError(.notConnected, error.detail))) }
    becameReady.fail(error)
    close()
  }

  /// What a call under way learns when the connection ends for `error`.
  private static func outcome(of error: RedisError) -> RedisError.Code {
    error.code == .protocolViolation ? .protocolViolation : .connectionLost
  }

  private func close() {
    timer?.cancel()
    timer = nil
    context?.close(promise: nil)
  }
}

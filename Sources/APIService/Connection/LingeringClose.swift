import NIOCore

/// Nearest to the socket: closes in the order of ``ConnectionClosing``, and tells the gate what comes.
///
/// `@unchecked Sendable`: all of it happens on the channel's event loop.
final class LingeringClose: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let gate: RequestGate
  private var closing: ConnectionClosing
  private var timer = DeadlineTimer()
  private var context: ChannelHandlerContext?
  /// Of those who asked for the whole connection to be closed.
  private var promises: [EventLoopPromise<Void>] = []

  init(gate: RequestGate, limits: ConnectionLimits) {
    self.gate = gate
    closing = ConnectionClosing(limits: limits)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer.cancel()
    self.context = nil
    settlePromises()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer.cancel()
    settlePromises()
    context.fireChannelInactive()
  }

  private func settlePromises() {
    for promise in promises { promise.succeed() }
    promises = []
  }
}

// MARK: - In

extension LingeringClose {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = context.eventLoop.now
    guard closing.isOpen else { return closing.dropped(now: now) }
    var bytes = unwrapInboundIn(data)
    while let piece = gate.nextPiece(of: &bytes, now: now) {
      context.fireChannelRead(wrapInboundOut(piece))
      gate.didDecode()
    }
  }

  /// Behind us somebody may hold reads back, because nobody takes what was read.
  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if closing.isLingering { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    let isEnd = if case ChannelEvent.inputClosed = event { true } else { false }
    let action = isEnd ? closing.inputClosed() : .none
    context.fireUserInboundEventTriggered(event)
    perform(action, context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    rearm(context)
    context.fireChannelWritabilityChanged()
  }
}

// MARK: - Out

extension LingeringClose {
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode != .input, context.channel.isActive else { return context.close(mode: mode, promise: promise) }
    if mode == .all, let promise { promises.append(promise) } else { promise?.succeed() }
    let now = context.eventLoop.now
    perform(closing.begin(now: now, isCutShort: gate.isCutShort), context)
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is CloseAtOnce else { return context.triggerUserOutboundEvent(event, promise: promise) }
    context.close(promise: promise)
  }

  private func perform(_ action: ConnectionClosing.Action, _ context: ChannelHandlerContext) {
    switch action {
    case .none: break
    case .flush: flush(context)
    case .read: context.read()
    case .closeOutput:
      context.close(mode: .output, promise: nil)
      context.read()
    case .close: context.close(promise: nil)
    }
    rearm(context)
  }

  /// Everything before it is with the system when an empty write is done.
  private func flush(_ context: ChannelHandlerContext) {
    let flushed = context.eventLoop.makePromise(of: Void.self)
    flushed.futureResult.whenSuccess { [self] in
      guard let context = self.context else { return }
      perform(closing.flushed(now: context.eventLoop.now), context)
    }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
  }
}

// MARK: - Time

extension LingeringClose {
  private func rearm(_ context: ChannelHandlerContext) {
    let deadline = closing.deadline(now: context.eventLoop.now, isWritable: context.channel.isWritable)
    timer.arm(deadline, on: context.eventLoop) { [self] in lookAtTheClock() }
  }

  private func lookAtTheClock() {
    timer.fired()
    guard let context, context.channel.isActive else { return }
    let pending = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
    perform(closing.lapse(now: context.eventLoop.now, pending: pending ?? 0), context)
  }
}

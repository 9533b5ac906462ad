import Cache
import HTTPTypes
import NIOCore
import Queue
import RateLimit

/// Nearest to the socket: answers the reads that ``CachedReads`` understands and the webhooks that ``WebhookIntake`` does,
/// and passes on all other bytes.
///
/// While one is being answered, whatever else comes waits here, so that everything behind sees requests in their order and
/// never two at once.
///
/// `@unchecked Sendable`: all of it happens on the channel's event loop.
final class Accelerator: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Request {
    case read(CachedRead)
    case webhook(OfferedWebhook)
  }

  private let reads: CachedReads
  private let intake: WebhookIntake
  private let gate: RequestGate
  private let connection: LoopConnection
  private var context: ChannelHandlerContext?
  /// The request that is being answered, and its bytes.
  private var current: (request: Request, bytes: ByteBuffer)?
  /// The beginning of a webhook, until no more can be read at the moment.
  private var beginning: ByteBuffer?
  /// Loads what was no hit.
  private var load: Task<Void, Never>?
  private var held = HeldInput()
  /// Whether those behind have seen bytes since they were last told that these are all.
  private var hasPassedOn = false

  init(_ reads: CachedReads, _ intake: WebhookIntake, gate: RequestGate, connection: LoopConnection) {
    self.reads = reads
    self.intake = intake
    self.gate = gate
    self.connection = connection
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
}

/// What came while a request was being answered.
private struct HeldInput {
  var bytes: ByteBuffer?
  var events: [Any] = []
  /// Whether more was to be read: not before what came is used up.
  var isReadWanted = false

  mutating func add(_ more: ByteBuffer) {
    if bytes == nil { bytes = more } else { bytes?.writeImmutableBuffer(more) }
  }
}

// MARK: - In

extension Accelerator {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    guard current == nil else { return held.add(bytes) }
    guard var whole = beginning else { return take(bytes, context) }
    beginning = nil
    whole.writeImmutableBuffer(bytes)
    take(whole, context)
  }

  /// Events end what may come; those behind must not hear of it before they have seen what came.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard current == nil else { return held.events.append(event) }
    passBeginning(context)
    context.fireUserInboundEventTriggered(event)
  }

  func read(context: ChannelHandlerContext) {
    if current != nil, held.bytes != nil { held.isReadWanted = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    (held, beginning) = (HeldInput(), nil)
    load?.cancel()
    context.fireChannelInactive()
  }

  /// Passed on for those only who have seen something.
  func channelReadComplete(context: ChannelHandlerContext) {
    passBeginning(context)
    guard hasPassedOn else { return }
    hasPassedOn = false
    context.fireChannelReadComplete()
  }

  private func pass(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    hasPassedOn = true
    context.fireChannelRead(wrapInboundOut(bytes))
  }

  private func passBeginning(_ context: ChannelHandlerContext) {
    guard let bytes = beginning else { return }
    beginning = nil
    pass(bytes, context)
  }

  private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    // Only between requests, and when the client takes what it was sent.
    guard gate.isBetweenRequests, context.channel.isWritable else { return pass(bytes, context) }
    let read = bytes.withUnsafeReadableBytes { bytes in
      PlainRead(bytes).flatMap { request in
        reads.understand(request, in: bytes).map { (read: $0, length: request.length) }
      }
    }
    if let (read, length) = read {
      begin(.read(read), length, bytes)
      let isAsked = reads.look(read) { [self] look in looked(read, look) }
      return isAsked ? () : looked(read, nil)
    }
    switch bytes.withUnsafeReadableBytes({ intake.understand($0) }) {
    case .nothingPlain: pass(bytes, context)
    case .incomplete: beginning = bytes
    case .webhook(let webhook, let length):
      begin(.webhook(webhook), length, bytes)
      let isOffered = intake.offer(webhook) { [self] outcome in offered(webhook, outcome) }
      if !isOffered { offered(webhook, nil) }
    }
  }

  private func begin(_ request: Request, _ length: Int, _ bytes: ByteBuffer) {
    var rest = bytes
    let own = rest.readSlice(length: length) ?? bytes
    current = (request, own)
    gate.willAnswer()
    if rest.readableBytes > 0 { held.add(rest) }
  }
}

// MARK: - Reads

extension Accelerator {
  private func looked(_ read: CachedRead, _ look: CacheLook?) {
    if let look, let answer = reads.answer(read, from: look) { return conclude(read, .success(answer)) }
    // Whoever was turned away is told so without a task.
    do { try read.ticket?.confirm() } catch { return conclude(read, .failure(error)) }
    load = reads.load(read, look) { [self] outcome in
      load = nil
      conclude(read, outcome)
    }
    if !isConnected { load?.cancel() }
  }

  private func conclude(_ read: CachedRead, _ outcome: Result<CacheAnswer, any Error>) {
    guard let context, isConnected else {
      current = nil
      return reads.note(read, .clientHasGone)
    }
    guard let answer = try? outcome.get(), reads.isPlain(answer, for: read) else {
      return passOn(.read(read.prepared(outcome)), context)
    }
    send(context) { read.answer(answer, crossOrigin: reads.parts.crossOrigin, isLast: $0) }
    reads.note(read, answer.value.isKnown ? .notModified : .ok)
    goOn(context)
  }
}

// MARK: - Webhooks

extension Accelerator {
  private func offered(_ webhook: OfferedWebhook, _ outcome: Result<EnqueueResult, QueueError>?) {
    guard let context, isConnected else {
      current = nil
      return intake.note(webhook, .clientHasGone)
    }
    guard case .success(let result) = outcome, result != .full else {
      return passOn(outcome.map { .webhook(webhook.prepared($0)) }, context)
    }
    send(context) { webhook.answer(result, crossOrigin: intake.parts.crossOrigin, isLast: $0) }
    intake.note(webhook, .accepted)
    goOn(context)
  }
}

// MARK: - Out

extension Accelerator {
  private var isConnected: Bool { context?.channel.isActive ?? false }

  private func send(_ context: ChannelHandlerContext, _ answer: (_ isLast: Bool) -> ByteBuffer) {
    // Events that are held end the connection, but only behind the bytes that came before them.
    let isLast = gate.answered(isFollowed: held.bytes != nil, isLast: !held.events.isEmpty)
    context.writeAndFlush(wrapOutboundOut(answer(isLast)), promise: nil)
    // By way of whoever sees to it that the client gets the answer.
    if isLast { context.pipeline.close(mode: .output, promise: nil) }
  }

  /// The router is to answer.
  private func passOn(_ prepared: PreparedRequest?, _ context: ChannelHandlerContext) {
    guard let current else { return }
    connection.prepare(prepared)
    pass(current.bytes, context)
    connection.prepare(nil)
    channelReadComplete(context: context)
    goOn(context)
  }

  /// What came meanwhile has its turn.
  private func goOn(_ context: ChannelHandlerContext) {
    let waiting = held
    (current, held) = (nil, HeldInput())
    if let bytes = waiting.bytes {
      take(bytes, context)
      channelReadComplete(context: context)
    }
    for event in waiting.events { userInboundEventTriggered(context: context, event: event) }
    if waiting.isReadWanted { read(context: context) }
  }
}

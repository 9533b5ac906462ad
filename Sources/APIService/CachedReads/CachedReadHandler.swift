import Cache
import HTTPTypes
import NIOCore
import RateLimit

/// Nearest to the socket: answers the reads that ``CachedReads`` understands, and passes on all other bytes.
///
/// While an answer is being looked up or loaded, whatever else comes waits here, so that everything behind sees requests in
/// their order and never two at once.
///
/// `@unchecked Sendable`: all of it happens on the channel's event loop.
final class CachedReadHandler: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let reads: CachedReads
  private let gate: RequestGate
  private let connection: LoopConnection
  private var context: ChannelHandlerContext?
  /// The read that is being answered, and its bytes.
  private var current: (read: CachedRead, bytes: ByteBuffer)?
  /// Loads what was no hit.
  private var load: Task<Void, Never>?
  private var held = HeldInput()
  /// Whether those behind have seen bytes since they were last told that these are all.
  private var hasPassedOn = false

  init(_ reads: CachedReads, gate: RequestGate, connection: LoopConnection) {
    self.reads = reads
    self.gate = gate
    self.connection = connection
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
}

/// What came while a read was being answered.
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

extension CachedReadHandler {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if current == nil { take(bytes, context) } else { held.add(bytes) }
  }

  /// Events end what may come; those behind must not hear of it before they have seen what came.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if current == nil { context.fireUserInboundEventTriggered(event) } else { held.events.append(event) }
  }

  func read(context: ChannelHandlerContext) {
    if current != nil, held.bytes != nil { held.isReadWanted = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    held = HeldInput()
    load?.cancel()
    context.fireChannelInactive()
  }

  /// Passed on for those only who have seen something.
  func channelReadComplete(context: ChannelHandlerContext) {
    guard hasPassedOn else { return }
    hasPassedOn = false
    context.fireChannelReadComplete()
  }

  private func pass(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    hasPassedOn = true
    context.fireChannelRead(wrapInboundOut(bytes))
  }

  private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    guard let (read, length) = understand(bytes, context) else { return pass(bytes, context) }
    var rest = bytes
    let own = rest.readSlice(length: length) ?? bytes
    current = (read, own)
    gate.willAnswer()
    if rest.readableBytes > 0 { held.add(rest) }
    let isAsked = reads.look(read) { [self] look in looked(look) }
    if !isAsked { looked(nil) }
  }

  /// Only between requests, and when the client takes what it was sent.
  private func understand(
    _ bytes: ByteBuffer, _ context: ChannelHandlerContext
  ) -> (CachedRead, length: Int)? {
    guard gate.isBetweenRequests, context.channel.isWritable else { return nil }
    return bytes.withUnsafeReadableBytes { bytes in
      guard let request = PlainRead(bytes), let read = reads.understand(request, in: bytes) else {
        return nil
      }
      return (read, request.length)
    }
  }
}

// MARK: - Out

extension CachedReadHandler {
  private func looked(_ look: CacheLook?) {
    guard let current else { return }
    if let look, let answer = reads.answer(current.read, from: look) { return conclude(.success(answer)) }
    // Whoever was turned away is told so without a task.
    do { try current.read.ticket?.confirm() } catch { return conclude(.failure(error)) }
    load = reads.load(current.read, look) { [self] outcome in
      load = nil
      conclude(outcome)
    }
    if !isConnected { load?.cancel() }
  }

  private var isConnected: Bool { context?.channel.isActive ?? false }

  private func conclude(_ outcome: Result<CacheAnswer, any Error>) {
    guard let current else { return }
    guard let context, isConnected else {
      self.current = nil
      return reads.note(current.read, .clientHasGone)
    }
    guard let answer = try? outcome.get(), reads.isPlain(answer, for: current.read) else {
      return passOn(current.read.prepared(outcome), context)
    }
    send(answer, to: current.read, context)
    reads.note(current.read, answer.value.isKnown ? .notModified : .ok)
    goOn(context)
  }

  private func send(_ answer: CacheAnswer, to read: CachedRead, _ context: ChannelHandlerContext) {
    // Events that are held end the connection, but only behind the bytes that came before them.
    let isLast = gate.answered(isFollowed: held.bytes != nil, isLast: !held.events.isEmpty)
    let bytes = read.answer(answer, crossOrigin: reads.parts.crossOrigin, isLast: isLast)
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    // By way of whoever sees to it that the client gets the answer.
    if isLast { context.pipeline.close(mode: .output, promise: nil) }
  }

  /// The router is to answer.
  private func passOn(_ prepared: PreparedRead, _ context: ChannelHandlerContext) {
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

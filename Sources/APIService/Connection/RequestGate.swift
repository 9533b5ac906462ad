import HTTPTypes
import NIOCore
import NIOHTTP1

/// An outbound event: somebody wants the body of the request at hand, so that its sender may send it.
struct BodyIsWanted: Sendable {}

/// An outbound event: nothing is under way, so that nothing is waited for.
struct CloseAtOnce: Sendable {}

/// Right behind the decoder: lets through requests that may be served, answers the others itself, and sees to it that
/// nobody takes longer than ``ConnectionLimits`` allow. What it decides stands in ``ConnectionProgress``.
///
/// `@unchecked Sendable`: all of it happens on the channel's event loop.
final class RequestGate: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let limits: ConnectionLimits
  private let watcher: ConnectionWatcher
  private var progress: ConnectionProgress
  private var line = RequestLine()
  private var cutter = RequestCutter()
  /// Those that the decoder looks at.
  private var bytes: ByteBufferView?
  /// Pieces of a body that came together, so that a chunk of a byte costs its reader no more than its sender.
  private var body: ByteBuffer?
  private var timer = DeadlineTimer()
  private var context: ChannelHandlerContext?

  init(limits: ConnectionLimits, watcher: ConnectionWatcher, now: NIODeadline) {
    self.limits = limits
    self.watcher = watcher
    progress = ConnectionProgress(limits: limits, now: now)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer.cancel()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    rearm(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer.cancel()
    context.fireChannelInactive()
  }
}

// MARK: - Bytes

extension RequestGate {
  /// Whether a request was answered while its body was still being sent.
  var isCutShort: Bool { progress.isCutShort }

  /// Takes the bytes that are to be decoded next.
  ///
  /// - Returns: nil when there are none.
  func nextPiece(of buffer: inout ByteBuffer, now: NIODeadline) -> ByteBuffer? {
    guard progress.isReading, buffer.readableBytes > 0,
      let piece = buffer.readSlice(length: cutter.cut(buffer.readableBytesView, in: progress.body))
    else { return nil }
    let view = piece.readableBytesView
    if !RequestLine.isBlank(view), progress.bytesArrived(now: now) { line = RequestLine() }
    bytes = view
    return piece
  }

  /// The decoder has seen them.
  func didDecode() {
    if let bytes, progress.isReadingHead { line.read(bytes) }
    bytes = nil
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    passBody(context)
    rearm(context)
    context.fireChannelReadComplete()
  }
}

// MARK: - Requests that are answered before us

extension RequestGate {
  /// Whether the next byte begins a request that would be the only one under way.
  var isBetweenRequests: Bool { progress.isBetweenRequests }

  /// A whole request came that we do not see unless it is passed on. The connection is not idle.
  func willAnswer() {
    if let context { progress.used(now: context.eventLoop.now) }
  }

  /// A whole request was answered that we have not seen.
  ///
  /// - Parameters:
  ///   - isFollowed: whether more has come already, which is answered too.
  ///   - isLast: whether nothing more will come.
  /// - Returns: whether the connection ends with its answer.
  func answered(isFollowed: Bool, isLast: Bool) -> Bool {
    guard let context else { return true }
    return progress.answered(
      isLast: !isFollowed && (isLast || watcher.isDraining()), now: context.eventLoop.now)
  }
}

// MARK: - Requests

extension RequestGate {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): read(head, context)
    case .body(let piece):
      if progress.bodyArrived(bytes: piece.readableBytes) { keep(piece, context) }
    case .end(let trailers):
      guard progress.endArrived(now: context.eventLoop.now) else { return }
      passBody(context)
      context.fireChannelRead(wrapInboundOut(.end(trailers)))
    }
  }

  private func read(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    (bytes, line) = (nil, RequestLine())
    do throws(Problem) {
      let accepted = try RequestHeadRules(limits: limits).judge(head)
      guard
        progress.headArrived(accepted, now: context.eventLoop.now)
      else { return }
      context.fireChannelRead(wrapInboundOut(.head(accepted.head)))
    } catch { refuse(error, head, context) }
  }

  private func keep(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
    if body == nil { body = piece } else { body?.writeImmutableBuffer(piece) }
    if let body, body.readableBytes >= 64 << 10 { passBody(context) }
  }

  private func passBody(_ context: ChannelHandlerContext) {
    guard let piece = body else { return }
    body = nil
    context.fireChannelRead(wrapInboundOut(.body(piece)))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
    var line = progress.isReadingHead ? line : RequestLine()
    if let bytes, progress.isReadingHead { line.read(bytes) }
    refuse(Problem(error, in: line, limits), nil, context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent:
      follow(progress.quiesce(), context)
    case ChannelEvent.inputClosed:
      passBody(context)
      let isDone = progress.inputClosed()
      context.fireUserInboundEventTriggered(event)
      if isDone { context.close(mode: .output, promise: nil) }
    default: context.fireUserInboundEventTriggered(event)
    }
  }
}

// MARK: - Refusals

extension RequestGate {
  /// - Parameter head: nil when not even that was understood.
  private func refuse(_ problem: Problem, _ head: HTTPRequestHead?, _ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    body = nil
    switch progress.refuse(problem) {
    case .answer(let problem): answer(problem, head, context)
    case .failBody(let problem): context.fireErrorCaught(problem)
    case .end: context.close(mode: .output, promise: nil)
    case .none: break
    }
  }

  private func answer(_ problem: Problem, _ head: HTTPRequestHead?, _ context: ChannelHandlerContext) {
    let requestID = RequestID.accept(head?.headers.first(name: "X-Request-Id"))
    let path = head.map { String($0.uri.prefix { $0 != "?" }) } ?? "/"
    let (fields, body) = problem.content(instance: path, requestID: requestID)
    var headers = HTTPHeaders(fields.map { ($0.name.rawName, $0.value) })
    headers.add(name: "Content-Length", value: String(body.readableBytes))
    headers.add(name: "Connection", value: "close")
    headers.add(name: "Date", value: HTTPDate.now)
    let status = HTTPResponseStatus(
      statusCode: problem.status.code, reasonPhrase: problem.status.reasonPhrase)
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
      promise: nil)
    if head?.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    watcher.refused(problem, requestID: requestID)
    context.close(mode: .output, promise: nil)
  }
}

// MARK: - Answers

extension RequestGate {
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if head.status.code >= 200, progress.answerBegins(isDraining: watcher.isDraining()) {
        head.headers.replaceOrAdd(name: "Connection", value: "close")
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      context.write(data, promise: promise)
      end(context)
    }
  }

  private func end(_ context: ChannelHandlerContext) {
    switch progress.answerEnded(now: context.eventLoop.now) {
    case .goOn: rearm(context)
    case .answer(let problem): answer(problem, nil, context)
    case .finish:
      context.close(mode: .output, promise: nil)
    }
  }

  func triggerUserOutboundEvent(
    context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
  ) {
    guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
    promise?.succeed()
    guard progress.bodyIsWanted() else { return }
    context.writeAndFlush(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
  }
}

// MARK: - Time

extension RequestGate {
  private func rearm(_ context: ChannelHandlerContext) {
    timer.arm(progress.deadline, on: context.eventLoop) { [self] in lookAtTheClock() }
  }

  private func lookAtTheClock() {
    timer.fired()
    guard let context, context.channel.isActive else { return }
    let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
    follow(progress.lapse(now: context.eventLoop.now, unsent: unsent ?? 0), context)
    rearm(context)
  }

  private func follow(_ lapse: ConnectionProgress.Lapse, _ context: ChannelHandlerContext) {
    switch lapse {
    case .none: break
    case .close: context.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
    case .finish: context.close(mode: .output, promise: nil)
    case .refuse(let problem): refuse(problem, nil, context)
    }
  }
}

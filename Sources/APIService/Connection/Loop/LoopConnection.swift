import HummingbirdCore
import NIOCore
import NIOHTTP1

/// A request that may be served, though its body may still be on its way.
struct IncomingRequest {
  let head: HTTPRequestHead
  /// Nil when there is none.
  var body: IncomingBody?
  /// What was done for it before.
  var prepared: PreparedRequest?
}

/// What was done for a request before it came to the router.
enum PreparedRequest: Sendable {
  case read(PreparedRead)
  case webhook(PreparedWebhook)
}

/// Behind the gate: collects requests for a task that serves them one after the other, and sends its answers.
///
/// `@unchecked Sendable`: its state is only touched on the channel's event loop.
final class LoopConnection: ChannelDuplexHandler, ServerChildChannelValue, @unchecked Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  /// Requests and bytes of a body that wait for the task; with more of them nothing is read.
  private static let maximumRequests = 8
  private static let maximumBodyBytes = 128 << 10

  let channel: any Channel
  private var context: ChannelHandlerContext?
  /// Of which it is not known yet whether a body follows.
  private var head: HTTPRequestHead?
  /// The body that is being received.
  private var body: IncomingBody?
  private var requests = CircularBuffer<IncomingRequest>()
  private var task: CheckedContinuation<IncomingRequest?, Never>?
  private var isAtEnd = false
  private var isReadHeldBack = false
  private var prepared: PreparedRequest?

  init(_ channel: any Channel) { self.channel = channel }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    drop()
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    drop()
    context.fireChannelInactive()
  }

  private func onLoop(_ body: @escaping @Sendable () -> Void) {
    if channel.eventLoop.inEventLoop { body() } else { channel.eventLoop.execute(body) }
  }
}

// MARK: - In

extension LoopConnection {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let piece):
      offerWithBody()
      body?.append(piece)
    case .end:
      if let head { offer(IncomingRequest(head: head, prepared: prepared)) }
      body?.finish()
      (head, body) = (nil, nil)
    }
  }

  /// A head that came alone has a body to follow.
  func channelReadComplete(context: ChannelHandlerContext) {
    offerWithBody()
    context.fireChannelReadComplete()
  }

  /// What was done for the request that comes next; nil when none was prepared.
  func prepare(_ request: PreparedRequest?) { prepared = request }

  private func offerWithBody() {
    guard let head else { return }
    let body = IncomingBody { [self] in onLoop { self.readOn() } }
    (self.head, self.body) = (nil, body)
    offer(IncomingRequest(head: head, body: body, prepared: prepared))
  }

  private func offer(_ request: IncomingRequest) {
    requests.append(request)
    serve()
  }

  /// What the gate says of the request that is being received; anything else closes the channel by itself.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    offerWithBody()
    body?.fail(error)
    body = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event { end() }
    context.fireUserInboundEventTriggered(event)
  }

  /// Nothing more will come.
  private func end() {
    isAtEnd = true
    body?.fail(ChannelError.eof)
    (head, body) = (nil, nil)
    serve()
  }

  /// Nobody is there to be answered.
  private func drop() {
    requests.removeAll()
    end()
  }

  // MARK: Back pressure

  func read(context: ChannelHandlerContext) {
    isReadHeldBack = isFull
    if !isReadHeldBack { context.read() }
  }

  private var isFull: Bool {
    requests.count >= Self.maximumRequests || (body?.bufferedBytes ?? 0) > Self.maximumBodyBytes
  }

  private func readOn() {
    guard isReadHeldBack, !isFull else { return }
    isReadHeldBack = false
    context?.read()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    serve()
    context.fireChannelWritabilityChanged()
  }
}

// MARK: - The task

extension LoopConnection {
  /// The next request, once its client takes the answers it has got; nil when none will come.
  func next() async -> IncomingRequest? {
    await withCheckedContinuation { continuation in
      onLoop {
        self.task = continuation
        self.serve()
      }
    }
  }

  private func serve() {
    guard let task else { return }
    if channel.isWritable, let request = requests.popFirst() {
      self.task = nil
      task.resume(returning: request)
      readOn()
    } else if isAtEnd, requests.isEmpty {
      self.task = nil
      task.resume(returning: nil)
    }
  }

  /// Writes the head of an answer, and what there is of its body.
  func begin(_ head: HTTPResponseHead, _ piece: ByteBuffer?) {
    onLoop {
      guard let context = self.context else { return }
      context.write(self.wrapOutboundOut(.head(head)), promise: nil)
      if let piece { context.write(self.wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil) }
    }
  }

  /// Writes more of it, and returns when that is with the system.
  func write(_ piece: ByteBuffer) async throws {
    try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(piece)))
  }

  /// Ends it.
  func finish(_ trailers: HTTPHeaders?) {
    onLoop {
      guard let context = self.context else { return }
      context.writeAndFlush(self.wrapOutboundOut(.end(trailers)), promise: nil)
    }
  }
}

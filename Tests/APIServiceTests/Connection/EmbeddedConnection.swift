import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Telemetry

@testable import APIService

/// A connection without a socket and with a clock of its own: what a client sends and sees, and what a program behind it
/// does.
final class EmbeddedConnection {
  let program = StubProgram()
  let metrics = PrometheusMetrics()
  private let channel = EmbeddedChannel()
  private let socket = StubSocket()

  init(isDraining: Bool = false, limits: ConnectionLimits = ConnectionLimits()) throws {
    let watcher = ConnectionWatcher(metrics: metrics, logger: Logger(label: "test")) { isDraining }
    try channel.pipeline.syncOperations.addHandler(socket)
    try ConnectionPipeline.configure(
      channel, limits: limits, watcher: watcher, program: [HTTP1ToHTTPServerCodec(secure: false), program])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  deinit {
    // In the usual way it would linger, and with it this thread.
    channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// The client sends.
  func send(_ texts: String...) throws { for text in texts { try send(Array(text.utf8)) } }

  func send(_ bytes: [UInt8]) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
    channel.embeddedEventLoop.run()
  }

  /// The client closes its half.
  func halfClose() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    channel.embeddedEventLoop.run()
  }

  /// The service begins to shut down.
  func quiesce() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    channel.embeddedEventLoop.run()
  }

  /// Somebody begins to read the body of the request at hand.
  func wantBody() {
    channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
    channel.embeddedEventLoop.run()
  }

  /// The program answers the request whose turn it is.
  func answer(_ status: HTTPResponse.Status = .ok, _ body: String = "") {
    program.answer(status, body)
    channel.embeddedEventLoop.run()
  }

  /// Time passes.
  func wait(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

  /// What the client was sent since the last time.
  func received() throws -> String {
    var text = ""
    while let part = try channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
    }
    return text
  }

  /// The status of what was received, when it is one answer.
  func status() throws -> Int? {
    let answers = try received().split(separator: "HTTP/1.1 ")
    return answers.count == 1 ? Int(answers[0].prefix(3)) : nil
  }

  /// Whether no more will be sent.
  var isEnding: Bool { socket.isOutputClosed || isClosed }
  var isClosed: Bool { !channel.isActive }
}

/// What an embedded channel lacks: a half that can be closed alone.
private final class StubSocket: ChannelOutboundHandler {
  typealias OutboundIn = Never
  private(set) var isOutputClosed = false

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .output else { return context.close(mode: mode, promise: promise) }
    isOutputClosed = true
    promise?.succeed()
  }
}

/// Takes requests, and answers them when it is told to.
final class StubProgram: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  private(set) var requests: [HTTPRequest] = []
  /// Of all requests.
  private(set) var body = ""
  private(set) var bodyPieces = 0
  private(set) var ends = 0
  private(set) var errors: [any Error] = []
  private var context: ChannelHandlerContext?

  var paths: [String] { requests.map { $0.path ?? "" } }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): requests.append(head)
    case .body(let buffer):
      body += String(buffer: buffer)
      bodyPieces += 1
    case .end: ends += 1
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }

  func answer(_ status: HTTPResponse.Status, _ body: String) {
    guard let context else { return }
    let head = HTTPResponse(status: status, headerFields: [.contentLength: String(body.utf8.count)])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !body.isEmpty { context.write(wrapOutboundOut(.body(ByteBuffer(string: body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}

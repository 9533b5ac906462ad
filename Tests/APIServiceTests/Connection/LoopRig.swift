import EventLoops
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Queue
import Telemetry

@testable import APIService

/// A client's connection served by our own loop, without a socket and with a clock of its own: what the client sends and
/// sees. All of it happens on the thread of the test.
final class LoopRig {
  let router = StubRouter()
  let metrics = PrometheusMetrics()
  private let channel = EmbeddedChannel()
  private let socket = LoopSocket()
  private let ending = Ending()

  /// - Parameter cachedReads: nil when everything goes through the router.
  init(
    limits: ConnectionLimits = ConnectionLimits(), isDraining: @escaping @Sendable () -> Bool = { false },
    cachedReads: (PrometheusMetrics) throws -> CachedReads.Parts? = { _ in nil },
    offers: StubOffers = StubOffers()
  ) throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let parts = try cachedReads(metrics)
    let loops = EventLoopParts(channel.embeddedEventLoop) { LoopExecutor($0) }
    let served = LoopChannel(
      responder: router,
      watcher: ConnectionWatcher(metrics: metrics, logger: logger, isDraining: isDraining), loops: loops,
      cachedReads: parts.map { parts in
        EventLoopParts(channel.embeddedEventLoop) { CachedReads(parts, on: loops[$0]) }
      },
      intake: parts.map { parts in
        EventLoopParts(channel.embeddedEventLoop) { WebhookIntake(offers.parts(parts.record), on: $0) }
      }, limits: limits)
    try channel.pipeline.syncOperations.addHandler(socket)
    let connection = try served.setup(channel: channel, logger: logger).wait()
    Self.serve(loops[channel.embeddedEventLoop], ending) {
      await served.handle(value: connection, logger: logger)
    }
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    run()
  }

  deinit { vanish() }

  private static func serve(
    _ executor: LoopExecutor, _ ending: Ending, _ body: @escaping @Sendable () async -> Void
  ) {
    // Bare task: it ends with the connection, as `isOver` tells.
    Task(executorPreference: executor) {
      await body()
      ending.isReached = true
    }
  }

  /// Lets everything happen that can.
  func run() { channel.embeddedEventLoop.run() }

  /// Time passes.
  func wait(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

  // MARK: The client

  func send(_ texts: String...) throws {
    for text in texts {
      try channel.writeInbound(ByteBuffer(string: text))
      run()
    }
  }

  /// Pieces that the system has all of at once.
  func send(pieces: [String], thenHalfClose isHalfClosed: Bool = false) throws {
    for piece in pieces { channel.pipeline.fireChannelRead(ByteBuffer(string: piece)) }
    if isHalfClosed { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    channel.pipeline.fireChannelReadComplete()
    run()
  }

  /// Closes its half.
  func halfClose() { fire(ChannelEvent.inputClosed) }

  /// Is gone, with whatever it was sent.
  func vanish() {
    socket.vanish()
    run()
  }

  /// Takes its answers, or leaves them where they are.
  func takes(_ isTaking: Bool) {
    channel.isWritable = isTaking
    channel.pipeline.fireChannelWritabilityChanged()
    run()
  }

  /// What it was sent since the last time.
  func received() throws -> String {
    var text = ""
    while let part = try channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
    }
    return text
  }

  /// The bodies of the answers since the last time.
  func bodies() throws -> [Substring] {
    try received().split(separator: "HTTP/1.1 ").map { answer in
      answer.firstRange(of: "\r\n\r\n").map { answer[$0.upperBound...] } ?? answer
    }
  }

  /// The statuses of the answers since the last time.
  func statuses() throws -> [Substring] { try received().split(separator: "HTTP/1.1 ").map { $0.prefix(3) } }

  // MARK: The system

  /// The service begins to shut down.
  func quiesce() { fire(ChannelShouldQuiesceEvent()) }

  private func fire(_ event: any Sendable) {
    channel.pipeline.fireUserInboundEventTriggered(event)
    run()
  }

  /// The system asks whether more is to be read.
  ///
  /// - Returns: whether it is.
  func wouldRead() -> Bool {
    let before = socket.reads
    channel.read()
    return socket.reads > before
  }

  /// How often the socket was asked for more.
  var reads: Int { socket.reads }

  // MARK: The end

  /// Whether no more will be sent.
  var isEnding: Bool { socket.isOutputClosed || isClosed }
  var isClosed: Bool { !channel.isActive }
  /// Whether nothing serves it any more.
  var isOver: Bool { ending.isReached }

  /// Requests that were counted with this status, of this operation or any.
  func counted(_ status: Int, _ operation: Operation? = nil) -> Int {
    let route = operation.map { "route=\"\($0.path)\"" } ?? ""
    let family = metrics.families.first { $0.metric.name == "freshet_api_requests_total" }
    return (family?.series ?? [:]).reduce(0) { sum, sample in
      guard case .number(let count) = sample.value, sample.key.text.contains("status=\"\(status)\""),
        sample.key.text.contains(route) || route.isEmpty
      else {
        return sum
      }
      return sum + Int(count)
    }
  }
}

/// Set on the thread of the test alone.
private final class Ending: @unchecked Sendable {
  var isReached = false
}

/// What an embedded channel lacks: a half that can be closed alone, a client that vanishes, and a count of reads.
private final class LoopSocket: ChannelOutboundHandler {
  typealias OutboundIn = Never
  private(set) var isOutputClosed = false
  private(set) var reads = 0
  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func read(context: ChannelHandlerContext) {
    reads += 1
    context.read()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .output else { return context.close(mode: mode, promise: promise) }
    isOutputClosed = true
    promise?.succeed()
  }

  func vanish() { context?.close(promise: nil) }
}

/// In the router's place: says which requests came, and answers each with its path.
///
/// `@unchecked Sendable`: it is only used on the thread of the test.
final class StubRouter: HTTPResponder, @unchecked Sendable {
  typealias Context = APIContext

  /// What came of a request's body.
  enum Body: Equatable {
    case whole(String)
    case failed(String)
  }

  private(set) var paths: [String] = []
  private(set) var prepared: [PreparedRead?] = []
  private(set) var offered: [Result<EnqueueResult, QueueError>?] = []
  private(set) var bodies: [Body] = []
  /// Requests that were begun after their client had gone.
  private(set) var cancelled = 0
  /// Whether requests wait to be let go.
  var isPatient = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// In each answer, behind the path.
  var padding = ""

  func respond(to request: Request, context: APIContext) async throws -> Response {
    paths.append(request.head.path ?? "")
    prepared.append(context.prepared)
    offered.append(context.offered)
    if Task.isCancelled { cancelled += 1 }
    if isPatient { await withCheckedContinuation { waiting.append($0) } }
    if request.method == .post { bodies.append(await Self.read(request.body)) }
    return Response(
      status: .ok, headers: [:],
      body: ResponseBody(byteBuffer: ByteBuffer(string: (request.head.path ?? "") + padding)))
  }

  /// The request whose turn it is goes on.
  func letGo() { if !waiting.isEmpty { waiting.removeFirst().resume() } }

  private static func read(_ body: RequestBody) async -> Body {
    var text = ""
    do {
      for try await piece in body { text += String(buffer: piece) }
      return .whole(text)
    } catch { return .failed((error as? Problem)?.code ?? "\(error)") }
  }
}

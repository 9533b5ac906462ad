import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Telemetry
import TestSupport
import Testing

@testable import APIService

/// Bytes of connections, as the server's own pipeline reads them, in pieces of any size.
struct HTTPFuzz: FuzzTarget {
  let name = "HTTP connections"
  let dictionary = [
    "\r\n", "\r\n\r\n", "\n", "\r", " ", ":", ";", ",", "\t", "\u{0}", "\u{7F}", "é", "GET ", "HEAD ",
    "POST ",
    "OPTIONS * ", "CONNECT a:1 ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n",
    " HTTP/0.9\r\n",
    " HTTP/2.0\r\n", "Host: a\r\n", "Host: [::1]:80\r\n", "Host:\r\n", "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
    "0\r\n\r\n",
    "5\r\nabcde\r\n", "5;a=b\r\nabcde\r\n", "FFFFFFFFFFFFFFFF\r\n", "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n", "Trailer: x\r\n",
    " folded\r\n", "http://a/b", "https://", "//", "/%zz", "/%00", "?", "#", "*", "\u{16}\u{3}\u{1}",
    String(repeating: "a", count: 8 << 10), String(repeating: "X: y\r\n", count: 260),
  ]
  let seeds = [
    "GET /conversations?page=1 HTTP/1.1\r\nHost: a.example:8080\r\nAuthorization: Bearer x\r\n\r\n",
    "POST /conversations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"title\":1}",
    "POST /webhooks/tavus?token=t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;x=\"y\"\r\npedia\r\n"
      + "0\r\nA: b\r\n\r\n",
    "GET http://a.example/x?y HTTP/1.1\r\nHost: b\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
  ].map { Array($0.utf8) }

  private let watcher = ConnectionWatcher(
    metrics: PrometheusMetrics(), logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() },
    isDraining: { false })

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    weak var ended: EmbeddedChannel?
    let outcome = try serve(input, &random) { ended = $0 }
    guard ended == nil else { throw FuzzFinding(description: "somebody keeps the connection beyond its end") }
    return outcome
  }

  private func serve(
    _ input: [UInt8], _ random: inout SplitMix64, _ note: (EmbeddedChannel) -> Void
  ) throws -> FuzzOutcome {
    let channel = EmbeddedChannel()
    note(channel)
    defer {
      channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
      _ = try? channel.finish(acceptAlreadyClosed: true)
    }
    let program = AnsweringProgram(isHasty: random.number(0...7) == 0)
    try ConnectionPipeline.configure(
      channel, limits: ConnectionLimits(), watcher: watcher,
      program: [HTTP1ToHTTPServerCodec(secure: false), program])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try send(input, to: channel, &random)
    program.answerAll()
    channel.embeddedEventLoop.advanceTime(by: .seconds(61))
    program.answerAll()
    channel.embeddedEventLoop.advanceTime(by: .seconds(61))
    guard !channel.isActive else {
      throw FuzzFinding(description: "the connection is still open after two minutes")
    }
    return try outcome(program, try answers(channel))
  }

  private func send(_ input: [UInt8], to channel: EmbeddedChannel, _ random: inout SplitMix64) throws {
    var rest = input[...]
    while !rest.isEmpty, channel.isActive {
      let piece = rest.prefix(random.number(0...3) == 0 ? random.number(1...40) : rest.count)
      rest = rest.dropFirst(piece.count)
      try channel.writeInbound(ByteBuffer(bytes: piece))
      channel.embeddedEventLoop.run()
    }
    if random.number(0...1) == 0 {
      channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
  }

  /// The status of each answer but `100 Continue`, as another decoder than ours sees them.
  private func answers(_ channel: EmbeddedChannel) throws -> [Substring] {
    var text = ""
    while let part = try channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
    }
    return text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }.filter { $0 != "100" }
  }

  private func outcome(_ program: AnsweringProgram, _ answers: [Substring]) throws -> FuzzOutcome {
    let refusals = answers.dropFirst(program.answered)
    guard answers.count >= program.answered, refusals.count <= 1,
      answers.prefix(program.answered).allSatisfy({ $0 == "200" })
    else {
      throw FuzzFinding(
        description: "\(program.answered) requests were answered, and the client got \(answers)")
    }
    guard refusals.allSatisfy({ ("400"..."505").contains($0) }) else {
      throw FuzzFinding(description: "refused by \(refusals)")
    }
    if program.answered > 0 {
      return .accepted("\(min(program.answered, 3)) and \(refusals.first ?? program.failure[...])")
    }
    return .refused(refusals.first.map { "status \(Self.words[$0] ?? "other")" } ?? "in silence")
  }

  /// In letters, since outcomes are told apart by those.
  private static let words: [Substring: String] = [
    "400": "malformed", "408": "late", "414": "target", "417": "expectation", "431": "headers",
    "501": "unknown",
    "505": "version",
  ]
}

/// Looks at requests as Hummingbird does, and answers them, when they are whole or, in haste, at once.
private final class AnsweringProgram: ChannelInboundHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  private(set) var answered = 0
  private(set) var failure = "none"
  private let isHasty: Bool
  private var pending = 0
  private var context: ChannelHandlerContext?

  init(isHasty: Bool) { self.isHasty = isHasty }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
      precondition(request.uri.path.first == "/" || request.uri.path == "*", "no path: \(request.uri)")
      pending += 1
      if isHasty {
        answerAll()
      } else {
        context.channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
      }
    case .body(let buffer): precondition(buffer.readableBytes > 0, "an empty piece of a body")
    case .end: answerAll()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure = (error as? Problem)?.code ?? "foreign error"
    answerAll()
  }

  func answerAll() {
    while pending > 0, let context {
      pending -= 1
      guard context.channel.isActive else { return }
      answered += 1
      context.write(
        wrapOutboundOut(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "0"]))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}

extension FuzzTests {
  @Test(
    "Whatever a client sends, each request that is served has one answer, at most one refusal follows, and it ends"
  )
  func connections() async throws {
    var fuzzer = try Fuzzer(HTTPFuzz())
    try await fuzzer.run()
  }
}

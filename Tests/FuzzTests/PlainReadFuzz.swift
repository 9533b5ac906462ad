import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Telemetry
import TestSupport
import Testing

@testable import APIService

/// Heads of requests that `PlainRead` recognises, held against what the decoder and the gate make of the same bytes. What
/// it does not recognise is theirs alone, and does not count here.
struct PlainReadFuzz: FuzzTarget {
  let name = "plain reads"
  let dictionary = [
    "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "\u{0}", "\u{7F}", "é", "?", "#", "%2F", "/messages", "/",
    "?page=2&limit=5", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "Host: b\r\n", "Host: [::1]:80\r\n", "hOST:\r\n",
    "Accept: */*\r\n", "Accept-Encoding: gzip, br\r\n", "If-None-Match: \"a\", W/\"b\"\r\n",
    "X-Request-Id: r-1\r\n", "Origin: https://a.example\r\n", "Authorization:\tBearer x \r\n",
    "Connection: keep-alive\r\n", "Connection: Keep-Alive\r\n", "Connection: close\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "TE: trailers\r\n", "Keep-Alive: 5\r\n", "Cookie: a=b; c=d\r\n", "X-Y!#$%&'*+-.^_`|~: z\r\n", "X:\r\n",
    " folded\r\n", "GET /conversations/0195c0de-0000-7000-8000-00000000abcd",
    String(repeating: "a", count: 3000), String(repeating: "X: y\r\n", count: 60),
  ]
  let seeds = [
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd/messages?page=1&limit=20 HTTP/1.1\r\n"
      + "Host: a.example:8080\r\nAuthorization: Bearer x.y.z\r\nAccept: application/json\r\n"
      + "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n",
    "GET /conversations/ffffffff-ffff-ffff-ffff-ffffffffffff? HTTP/1.1\r\nX-Request-Id: r\r\nOrigin: null\r\n"
      + "If-None-Match: *\r\nUser-Agent: curl/8\r\nhost:[::1]\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ].map { Array($0.utf8) }

  private let watcher = ConnectionWatcher(
    metrics: PrometheusMetrics(), logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() },
    isDraining: { false })

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    try input.withUnsafeBytes { bytes in
      guard let read = PlainRead(bytes) else { return .turnedAway }
      return try compare(read, bytes)
    }
  }

  private func compare(_ read: PlainRead, _ bytes: UnsafeRawBufferPointer) throws -> FuzzOutcome {
    let witness = Witness()
    let channel = EmbeddedChannel()
    defer {
      channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
      _ = try? channel.finish(acceptAlreadyClosed: true)
    }
    try ConnectionPipeline.configure(
      channel, limits: ConnectionLimits(), watcher: watcher, program: [witness])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try channel.writeInbound(ByteBuffer(bytes: bytes[..<(read.length - 1)]))
    guard witness.heads.isEmpty, try !hasAnswer(channel) else {
      throw FuzzFinding(description: "the decoder has seen enough before the last of \(read.length) bytes")
    }
    try channel.writeInbound(ByteBuffer(bytes: bytes[(read.length - 1)..<read.length]))
    let host = read.fields.host.map { bytes.text($0) } ?? ""
    guard Authority.isValid(host) else {
      guard witness.heads.isEmpty, try hasAnswer(channel) else {
        throw FuzzFinding(description: "the gate takes the host \(host)")
      }
      return .accepted("a host that the gate refuses")
    }
    try judge(read, bytes, witness)
    return .accepted(Self.label(read))
  }

  private func hasAnswer(_ channel: EmbeddedChannel) throws -> Bool {
    try channel.readOutbound(as: IOData.self) != nil
  }

  private func judge(_ read: PlainRead, _ bytes: UnsafeRawBufferPointer, _ witness: Witness) throws {
    guard witness.heads.count == 1, witness.ends == 1, witness.bodyBytes == 0, !witness.hasFailed else {
      throw FuzzFinding(
        description: "\(read.length) bytes are one request, and the gate passes on \(witness)")
    }
    let head = witness.heads[0]
    let query = read.query.map { "?\(bytes.text($0))" } ?? ""
    let target = "/conversations/\(read.conversation)\(read.isForMessages ? "/messages" : "")\(query)"
    guard head.method == .GET, head.version == .http1_1, head.isKeepAlive, head.uri == target else {
      throw FuzzFinding(description: "\(target) is \(head) to the gate")
    }
    let fields = read.fields
    for (name, range) in [
      ("Host", fields.host), ("Authorization", fields.authorization), ("Accept", fields.accept),
      ("Accept-Encoding", fields.acceptEncoding), ("If-None-Match", fields.ifNoneMatch),
      ("X-Request-Id", fields.requestID), ("Origin", fields.origin),
    ] where head.headers[name] != (range.map { [bytes.text($0)] } ?? []) {
      throw FuzzFinding(description: "\(name) is \(head.headers[name]) to the gate")
    }
  }

  private static func label(_ read: PlainRead) -> String {
    let fields = [
      read.fields.authorization, read.fields.accept, read.fields.acceptEncoding, read.fields.ifNoneMatch,
      read.fields.requestID, read.fields.origin,
    ].map { $0 == nil ? "-" : "+" }.joined()
    return "\(read.isForMessages ? "messages" : "conversation")\(read.query == nil ? "" : "?") \(fields)"
  }
}

/// Behind the gate: what it passes on.
final class Witness: ChannelInboundHandler, CustomStringConvertible {
  typealias InboundIn = HTTPServerRequestPart

  private(set) var heads: [HTTPRequestHead] = []
  private(set) var bodyBytes = 0
  private(set) var ends = 0
  private(set) var hasFailed = false

  var description: String { "\(heads), bodies of \(bodyBytes) bytes, \(ends) ends, failure: \(hasFailed)" }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): heads.append(head)
    case .body(let piece): bodyBytes += piece.readableBytes
    case .end: ends += 1
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { hasFailed = true }
}

extension FuzzTests {
  @Test("Whatever is recognised as a plain read is the same request to the decoder and the gate")
  func plainReads() async throws {
    var fuzzer = try Fuzzer(PlainReadFuzz())
    try await fuzzer.run()
  }
}

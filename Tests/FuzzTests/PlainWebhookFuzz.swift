import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Telemetry
import TestSupport
import Testing

@testable import APIService

/// Heads of requests that `PlainWebhook` recognises, with a body of the length that they name, held against what the
/// decoder and the gate make of the same bytes.
struct PlainWebhookFuzz: FuzzTarget {
  let name = "plain webhooks"
  let dictionary = [
    "\r\n", "\n", "\r", " ", "\t", ":", ",", ";", "\u{0}", "\u{7F}", "é", "?", "&", "#", "%2F", "/",
    "?token=",
    "?token=a", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "Host: b\r\n", "hOST:\r\n", "Content-Length: 0\r\n",
    "Content-Length: 5\r\n", "Content-Length: 00005\r\n", "Content-Length: +5\r\n",
    "Content-Length: 5, 5\r\n",
    "content-length:5\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n",
    "Connection: keep-alive\r\n", "Connection: close\r\n", "Content-Encoding: gzip\r\n", "TE: trailers\r\n",
    "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", "webhook-id: w\r\n",
    "webhook-timestamp: 1\r\n", "webhook-signature: v1,a\r\n", "X-Request-Id: r\r\n", " folded\r\n",
    String(repeating: "a", count: 3000), String(repeating: "X: y\r\n", count: 60),
  ]
  let seeds = [
    "POST /webhooks/tavus?token=s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    "POST /webhooks/tavus HTTP/1.1\r\nHost: a.example:8080\r\nContent-Type: application/json\r\nwebhook-id: w\r\n"
      + "webhook-timestamp: 1\r\nwebhook-signature: v1,a\r\nContent-Length: 0\r\n\r\n",
    "POST /webhooks/tavus?token=s HTTP/1.1\r\nX-Request-Id: r\r\nConnection: keep-alive\r\nUser-Agent: x\r\n"
      + "content-length: 120\r\nhost:[::1]\r\n\r\n",
  ].map { Array($0.utf8) }

  private let watcher = ConnectionWatcher(
    metrics: PrometheusMetrics(), logger: FuzzedConnection.logger, isDraining: { false })

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    try input.withUnsafeBytes { bytes in
      guard let webhook = PlainWebhook(bytes), webhook.bodyLength <= 10_000 else { return .turnedAway }
      return try compare(webhook, bytes)
    }
  }

  private func compare(_ webhook: PlainWebhook, _ bytes: UnsafeRawBufferPointer) throws -> FuzzOutcome {
    let witness = Witness()
    let channel = EmbeddedChannel()
    defer {
      channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
      _ = try? channel.finish(acceptAlreadyClosed: true)
    }
    try ConnectionPipeline.configure(
      channel, limits: ConnectionLimits(), watcher: watcher, program: [witness])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    // Whatever stands in a body is no business of who finds its end; empty lines were, once.
    let body = String(repeating: "0\r\n\r\n", count: webhook.bodyLength / 5 + 1).utf8.prefix(
      webhook.bodyLength)
    let whole = Array(bytes[..<webhook.headLength]) + body
    try channel.writeInbound(ByteBuffer(bytes: whole.dropLast()))
    guard witness.ends == 0 else {
      throw FuzzFinding(description: "the decoder has seen enough before the last of \(whole.count) bytes")
    }
    try channel.writeInbound(ByteBuffer(bytes: whole.suffix(1)))
    let host = webhook.fields.host.map { bytes.text($0) } ?? ""
    guard Authority.isValid(host) else {
      guard witness.heads.isEmpty, try channel.readOutbound(as: IOData.self) != nil else {
        throw FuzzFinding(description: "the gate takes the host \(host)")
      }
      return .accepted("a host that the gate refuses")
    }
    try judge(webhook, bytes, witness)
    let fields = [webhook.fields.requestID, webhook.fields.traceparent, webhook.fields.webhookID]
    return .accepted(
      "\(webhook.token == nil ? "" : "?")\(webhook.bodyLength == 0 ? "" : "body") "
        + fields.map { $0 == nil ? "-" : "+" }.joined())
  }

  private func judge(
    _ webhook: PlainWebhook, _ bytes: UnsafeRawBufferPointer, _ witness: Witness
  ) throws {
    guard witness.heads.count == 1, witness.ends == 1, witness.bodyBytes == webhook.bodyLength,
      !witness.hasFailed
    else {
      throw FuzzFinding(
        description: "\(webhook.length) bytes are one request, and the gate passes on \(witness)")
    }
    let head = witness.heads[0]
    let query = webhook.token.map { "?token=\(bytes.text($0))" } ?? ""
    guard head.method == .POST, head.version == .http1_1, head.isKeepAlive,
      head.uri == "/webhooks/tavus\(query)"
    else { throw FuzzFinding(description: "the webhook is \(head) to the gate") }
    let fields = webhook.fields
    for (name, range) in [
      ("Host", fields.host), ("Content-Length", fields.contentLength), ("X-Request-Id", fields.requestID),
      ("Traceparent", fields.traceparent), ("Webhook-Id", fields.webhookID),
      ("Webhook-Timestamp", fields.webhookTimestamp), ("Webhook-Signature", fields.webhookSignature),
    ] where head.headers[name] != (range.map { [bytes.text($0)] } ?? []) {
      throw FuzzFinding(description: "\(name) is \(head.headers[name]) to the gate")
    }
  }
}

extension FuzzTests {
  @Test("Whatever is recognised as a plain webhook is the same request to the decoder and the gate")
  func plainWebhooks() async throws {
    var fuzzer = try Fuzzer(PlainWebhookFuzz())
    try await fuzzer.run()
  }
}

import Conversations
import NIOCore
import NIOEmbedded
import RateLimit
import Redis
import Telemetry
import TestSupport
import Testing

@testable import APIService
@testable import Cache

/// Bytes of connections with the accelerator before our own loop, cut anywhere, with lookups that take their time, clients
/// that do not read and clients that vanish; held against what the same bytes get without accelerator.
struct CachedReadFuzz: FuzzTarget {
  let name = "accelerated connections"
  let dictionary: [String]
  let seeds: [[UInt8]]

  private static let reads = [
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /conversations/0195c0de-0000-7000-8000-00000000abce HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd/messages?page=1 HTTP/1.1\r\nHost: a\r\n\r\n",
  ]
  private static let event = #"{"conversation_id":"c1","event_type":"e"}"#
  private static let webhook =
    "POST /webhooks/tavus?token=\(FuzzedLookups.token) HTTP/1.1\r\nHost: a\r\nContent-Length: \(event.utf8.count)\r\n\r\n\(event)"
  private static let others = [
    webhook, webhook, "POST /webhooks/tavus?token=x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
    "GET /conversations?page=1 HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /conversations HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{\"title\":1}",
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n0\r\n\r\n",
  ]

  /// Of which a case that begins with a blank is a list, so that most of what comes is well formed.
  private static let parts: [[UInt8]] =
    ([[String]](repeating: reads, count: 5).joined() + others + others + [
      "\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "nonsense\r\n\r\n",
      String(reads[0].prefix(50)),
    ]).map { Array($0.utf8) }

  private let lookups = FuzzedLookups()
  private let parts: CachedReads.Parts
  private let intake: WebhookIntake.Parts
  private let watcher: ConnectionWatcher

  init() throws {
    let (reads, others) = (Self.reads, Self.others)
    dictionary =
      reads + others + [
        "\r\n", "\n", "\r", " ", ":", "\u{0}", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "Host: a\r\n",
        "Connection: close\r\n", "Content-Length: 5\r\n", "Expect: 100-continue\r\n", "0\r\n\r\n",
        "/messages",
        "Transfer-Encoding: chunked\r\n", "X: y\r\n",
      ]
    seeds =
      [
        reads.joined(), reads[0] + others[3] + reads[1] + others[5] + reads[2],
        Self.webhook + Self.webhook + reads[0] + Self.webhook,
        others[6] + reads[0] + "nonsense\r\n\r\n",
        String(repeating: reads[1], count: 30), reads[0] + String(reads[1].dropLast(2)),
        others.joined() + reads.joined(),
        others[4] + "POST /x HTTP/1.1\r\nHost: a\r\nX: " + reads[0],
      ].map { Array($0.utf8) } + [
        [0x20, 0, 1, 2, 3, 4], [0x20, 16, 0, 18, 1, 19, 2], [0x20] + Array(8...24),
      ]
    let (metrics, logger) = (PrometheusMetrics(), FuzzedConnection.logger)
    let cache = Cache(
      redis: RedisClient(url: try RedisURL("redis://127.0.0.1:1"), logger: logger), logger: logger)
    parts = CachedReads.Parts(
      cache: cache, identity: .everyone(Principal(userID: UserID(stored: "anna"), role: .user)),
      limits: RateLimits(RateLimitSettings(), cache: cache, metrics: metrics),
      record: RequestRecord(logger: logger, metrics: RequestMetrics(metrics)), crossOrigin: nil,
      look: { [lookups] in lookups.look($0, $1, $2) },
      load: { [lookups] read, _ in try await lookups.load(read) })
    intake = WebhookIntake.Parts(
      authentication: .token(WebhookTokens([FuzzedLookups.token])), maximumBytes: 1000, record: parts.record,
      crossOrigin: nil, offer: { [lookups] in lookups.offer($0, $1, $2) })
    watcher = ConnectionWatcher(metrics: metrics, logger: logger, isDraining: { false })
  }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    lookups.begin(random.next())
    let vanishes = random.number(0...15) == 0
    let connection = try FuzzedConnection(watcher, parts, intake)
    defer { connection.destroy() }
    let stream = Self.stream(input)
    try send(stream, to: connection, &random)
    if vanishes {
      connection.channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
    } else {
      connection.halfClose()
    }
    connection.takes(true)
    connection.end()
    guard connection.isOver else {
      throw FuzzFinding(description: "the connection is still served after two minutes")
    }
    let answers = try connection.answers()
    if !vanishes, lookups.asked > 0 { try compare(answers, stream) }
    let found = lookups.found
    guard !answers.isEmpty else {
      return .refused("in silence, \(lookups.asked > 0 ? "asked" : "not asked")")
    }
    return .accepted("\(min(found, 3)) found, \(min(answers.count - min(found, answers.count), 3)) others")
  }

  private static func stream(_ input: [UInt8]) -> [UInt8] {
    guard input.first == UInt8(ascii: " ") else { return input }
    return input.dropFirst().prefix(10).flatMap { parts[Int($0) % parts.count] }
  }

  private func send(_ input: [UInt8], to connection: FuzzedConnection, _ random: inout SplitMix64) throws {
    var rest = input[...]
    while !rest.isEmpty, connection.channel.isActive {
      let piece = rest.prefix(random.number(0...2) == 0 ? random.number(1...200) : rest.count)
      rest = rest.dropFirst(piece.count)
      try connection.send(piece)
      switch random.number(0...9) {
      case 0: connection.takes(false)
      case 1, 2: connection.takes(true)
      case 3:
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(Int64(random.number(0...30))))
      default: break
      }
    }
  }

  /// Without accelerator, in one piece, by a client that reads.
  private func compare(_ answers: [String], _ input: [UInt8]) throws {
    let plain = try FuzzedConnection(watcher, nil)
    defer { plain.destroy() }
    try plain.send(input[...])
    plain.halfClose()
    plain.end()
    let expected = try plain.answers()
    guard answers == expected else {
      throw FuzzFinding(description: "the client got \(answers), and without accelerator \(expected)")
    }
  }
}

extension FuzzTests {
  @Test(
    "Whatever a client sends, it is answered the same in the same order as without accelerator, and it ends")
  func cachedReads() async throws {
    var fuzzer = try Fuzzer(CachedReadFuzz())
    try await fuzzer.run()
  }
}

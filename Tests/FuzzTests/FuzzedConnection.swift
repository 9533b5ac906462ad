import ConversationStore
import Conversations
import EventLoops
import HTTPTypes
import Hummingbird
import Keyspace
import Logging
import NIOCore
import NIOEmbedded
import Queue
import RateLimit
import Redis
import Telemetry
import TestSupport

@testable import APIService
@testable import Cache

/// A connection served by our own loop, on the thread of the test, by a router that answers each request with its name.
final class FuzzedConnection {
  let channel = EmbeddedChannel()
  private let ending = Ending()

  /// - Parameter cachedReads: nil when everything goes through the router.
  init(
    _ watcher: ConnectionWatcher, _ cachedReads: CachedReads.Parts?, _ intake: WebhookIntake.Parts? = nil
  ) throws {
    let loop = channel.embeddedEventLoop
    let loops = EventLoopParts(loop) { LoopExecutor($0) }
    let served = LoopChannel(
      responder: NamingRouter(), watcher: watcher, loops: loops,
      cachedReads: cachedReads.map { parts in EventLoopParts(loop) { CachedReads(parts, on: loops[$0]) } },
      intake: intake.map { parts in EventLoopParts(loop) { WebhookIntake(parts, on: $0) } })
    let connection = try served.setup(channel: channel, logger: Self.logger).wait()
    Self.serve(loops[loop], ending) { await served.handle(value: connection, logger: Self.logger) }
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    loop.run()
  }

  private static func serve(
    _ executor: LoopExecutor, _ ending: Ending, _ body: @escaping @Sendable () async -> Void
  ) {
    // Bare task: it ends with the connection, as `isOver` tells.
    Task(executorPreference: executor) {
      await body()
      ending.isReached = true
    }
  }

  static let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

  /// Whether it is closed, and nothing serves it any more.
  var isOver: Bool { !channel.isActive && ending.isReached }

  func send(_ bytes: ArraySlice<UInt8>) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
    channel.embeddedEventLoop.run()
  }

  func takes(_ isTaking: Bool) {
    channel.isWritable = isTaking
    channel.pipeline.fireChannelWritabilityChanged()
    channel.embeddedEventLoop.run()
  }

  func halfClose() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    channel.embeddedEventLoop.run()
  }

  /// Two minutes pass, in which every connection ends.
  func end() {
    for _ in 0..<2 { channel.embeddedEventLoop.advanceTime(by: .seconds(61)) }
  }

  /// Whatever is left of it goes.
  func destroy() {
    channel.triggerUserOutboundEvent(CloseAtOnce(), promise: nil)
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// The answers but `100 Continue`: the name of the request, or that it was refused. By which status hangs on how the bytes
  /// were cut, whoever reads them.
  func answers() throws -> [String] {
    var text = ""
    while let part = try channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
    }
    return text.split(separator: "HTTP/1.1 ").filter { !$0.hasPrefix("100") }.map { answer in
      if answer.hasPrefix("202") { return "webhook" }
      guard answer.hasPrefix("200"), let end = answer.firstRange(of: "\r\n\r\n") else {
        return "refused"
      }
      return String(answer[end.upperBound...])
    }
  }
}

/// Set on the thread of the test alone.
private final class Ending: @unchecked Sendable {
  var isReached = false
}

/// Answers each request with the name of what it is for, when its body has been read.
private struct NamingRouter: HTTPResponder {
  typealias Context = APIContext

  func respond(to request: Request, context: APIContext) async throws -> Response {
    var name = Self.name(of: request)
    do {
      let body = try await request.body.collect(upTo: .max)
      if name == Self.other, Self.isWebhook(request, body) { return Response(status: .accepted) }
    } catch { name += " failed" }
    return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: name)))
  }

  /// Whether it is one that would be queued.
  private static func isWebhook(_ request: Request, _ body: ByteBuffer) -> Bool {
    guard request.method == .post, request.uri.path == Operation.receiveWebhook.path,
      request.uri.queryParameters["token"] == FuzzedLookups.token[...]
    else { return false }
    return (try? WebhookEnvelope(body: Array(body.readableBytesView))) != nil
  }

  private static let other = "other"

  /// A plain read has that of the lookup's. By hand: a regular expression took half the time of a case.
  private static func name(of request: Request) -> String {
    let (path, conversations, messages) = (request.uri.path, "/conversations/", "/messages")
    guard request.method == .get, path.hasPrefix(conversations) else { return other }
    let rest = path.dropFirst(conversations.count)
    let isForMessages = rest.hasSuffix(messages)
    let text = isForMessages ? rest.dropLast(messages.count) : rest
    guard let id = ConversationID(String(text)), "\(id)" == text else { return other }
    return FuzzedLookups.name(id, isForMessages: isForMessages)
  }
}

/// In the place of Redis, the queue and Postgres: answers soon, and finds most of what it is asked for.
///
/// `@unchecked Sendable`: it is only used on the thread of the test.
final class FuzzedLookups: @unchecked Sendable {
  private var random = SplitMix64(seed: 0)
  private(set) var asked = 0
  private(set) var found = 0
  private var eventLoop: (any EventLoop)?
  private static let ids = [
    "0195c0de-0000-7000-8000-00000000abcd", "0195c0de-0000-7000-8000-00000000abce",
  ]

  func begin(_ seed: UInt64) {
    random = SplitMix64(seed: seed)
    (asked, found) = (0, 0)
  }

  static func name(_ id: ConversationID, isForMessages: Bool) -> String {
    "\(id)\(isForMessages ? " messages" : "")"
  }

  /// Of webhooks.
  static let token = "secret"

  func offer(
    _ webhook: OfferedWebhook, _ eventLoop: any EventLoop,
    _ then: @escaping @Sendable (Result<EnqueueResult, QueueError>?) -> Void
  ) -> Bool {
    guard random.number(0...15) > 0 else { return false }
    asked += 1
    let outcome: Result<EnqueueResult, QueueError>? =
      switch random.number(0...9) {
      case 0: nil
      case 1: .success(.full)
      case 2: .failure(QueueError(.unavailable, "away"))
      default: .success(.queued)
      }
    soon(eventLoop) { then(outcome) }
    return true
  }

  private func soon(_ eventLoop: any EventLoop, _ then: @escaping @Sendable () -> Void) {
    switch random.number(0...2) {
    case 0: then()
    case 1: eventLoop.execute(then)
    default: eventLoop.scheduleTask(in: .milliseconds(Int64(random.number(0...50)))) { then() }
    }
  }

  func look(
    _ read: CachedRead, _ eventLoop: any EventLoop, _ then: @escaping @Sendable (CacheLook?) -> Void
  ) -> Bool {
    self.eventLoop = eventLoop
    guard random.number(0...15) > 0 else { return false }
    asked += 1
    let look = look(read)
    soon(eventLoop) { then(look) }
    return true
  }

  /// What was not found is there all the same half of the time.
  func load(_ read: CachedRead) async throws -> CacheAnswer {
    if random.number(0...1) == 0, let eventLoop {
      try await eventLoop.scheduleTask(in: .milliseconds(Int64(random.number(0...50)))) {}.futureResult.get()
    }
    guard random.number(0...1) == 0, case .success(.hit(let hit)) = CacheLook.hit(read).result else {
      throw WriteRefusal.notFound
    }
    found += 1
    return CacheAnswer(value: hit.value, status: .miss, times: ReadTimes())
  }

  private func look(_ read: CachedRead) -> CacheLook? {
    switch random.number(0...9) {
    case 0: return nil
    case 1:
      return CacheLook(
        group: .conversation(read.conversation), field: read.template.field,
        result: .failure(CacheBypass(.late)), times: ReadTimes())
    default:
      found += 1
      return .hit(read)
    }
  }
}

extension CacheLook {
  /// A value that is the name of what was asked for.
  fileprivate static func hit(_ read: CachedRead) -> CacheLook {
    let body = ByteBuffer(string: FuzzedLookups.name(read.conversation, isForMessages: read.isForMessages))
    let epoch = CacheEpoch.random()
    let header = CachedValueHeader(
      status: 200, flags: [], epoch: epoch, lsn: nil, fillCost: 1, softTimeToLive: 60_000,
      timeToLive: 60_000, contentHash: ContentHash(of: body), owner: "anna", summary: "",
      bodyLength: UInt32(body.readableBytes))
    var bytes = ByteBuffer()
    header.write(to: &bytes)
    bytes.writeImmutableBuffer(body)
    guard let stored = StoredValue(whole: bytes) else { preconditionFailure("no value: \(header)") }
    let hit = CacheHit(record: EpochRecord(epoch: epoch, floor: nil), stored: stored, now: 0, distrust: nil)
    return CacheLook(
      group: .conversation(read.conversation), field: read.template.field, result: .success(.hit(hit)),
      times: ReadTimes())
  }
}

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport

/// A client that sends bytes as it likes.
final class RawConnection: Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  private init(_ channel: any Channel, _ inbox: Inbox) {
    self.channel = channel
    self.inbox = inbox
  }

  /// Connects, lends itself and closes.
  static func open<Value: Sendable>(
    to api: API, _ body: (RawConnection) async throws -> Value
  ) async throws -> Value {
    let connection = try await connect(to: api)
    do {
      let value = try await body(connection)
      connection.close()
      return value
    } catch {
      connection.close()
      throw error
    }
  }

  static func connect(to api: API) async throws -> RawConnection {
    guard let port = api.program.base.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw IntegrationError("no port: \(api.program.base)")
    }
    let inbox = Inbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return RawConnection(channel, inbox)
  }

  /// Returns when the system has taken all of it.
  func send(_ text: String) async throws {
    try await channel.writeAndFlush(ByteBuffer(string: text))
  }

  /// Takes nothing more, so that the server's answer waits in buffers.
  func pauseReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

  /// Closes the half that sends.
  func finishSending() async throws { try await channel.close(mode: .output) }

  func close() { channel.close(promise: nil) }

  /// Vanishes: the server's next packet, or ours, is answered with a reset.
  func reset() async throws {
    guard let socket = channel as? any SocketOptionProvider else {
      throw IntegrationError("no socket: \(channel)")
    }
    try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    try await channel.close()
  }

  /// What has come so far.
  var received: String { inbox.text }

  /// The same, byte for byte.
  var receivedBytes: ByteBuffer { inbox.bytes }

  var receivedCount: Int { inbox.count }

  /// Whether the server has closed its half, or all, and in good order.
  var isEnded: Bool { inbox.isEnded }

  /// Waits for a text among what was received.
  func wait(for text: String, within limit: Duration = .seconds(20)) async throws -> Bool {
    try await eventually(within: limit) { self.received.contains(text) }
  }

  /// All that was received once the server has closed its half in good order.
  func rest(within limit: Duration = .seconds(20)) async throws -> String {
    guard try await eventually(within: limit, { self.isEnded }) else {
      throw IntegrationError("not ended (\(inbox.failure ?? "no error")): \(received.prefix(2000))")
    }
    return received
  }

  private final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let state = NIOLockedValueBox((bytes: ByteBuffer(), isEnded: false, failure: String?.none))

    var bytes: ByteBuffer { state.withLockedValue { $0.bytes } }
    var count: Int { state.withLockedValue { $0.bytes.readableBytes } }
    var text: String { String(buffer: bytes) }
    var isEnded: Bool { state.withLockedValue { $0.isEnded } }
    var failure: String? { state.withLockedValue { $0.failure } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let buffer = unwrapInboundIn(data)
      state.withLockedValue { _ = $0.bytes.writeImmutableBuffer(buffer) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case ChannelEvent.inputClosed = event { state.withLockedValue { $0.isEnded = $0.failure == nil } }
      context.fireUserInboundEventTriggered(event)
    }

    /// When we have closed our half, the server's end is the end.
    func channelInactive(context: ChannelHandlerContext) {
      state.withLockedValue { $0.isEnded = $0.failure == nil }
      context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      state.withLockedValue { $0.failure = "\(error)" }
      context.close(promise: nil)
    }
  }
}

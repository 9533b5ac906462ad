import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A client's connection: our limits around Hummingbird's request loop.
struct APIChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: Responder
  let watcher: ConnectionWatcher
  var limits = ConnectionLimits()

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try Self.configure(channel, limits: limits, watcher: watcher)
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  /// Everything between the socket and who answers.
  static func configure(
    _ channel: any Channel, limits: ConnectionLimits, watcher: ConnectionWatcher
  ) throws {
    let gate = RequestGate(limits: limits, watcher: watcher, now: channel.eventLoop.now)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandlers([
      LingeringClose(gate: gate, limits: limits), HTTPResponseEncoder(),
      ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits.decoder)), gate,
      HTTP1ToHTTPServerCodec(secure: false),
    ])
  }

  /// Serves one request after the other. When the connection is gone, the request at hand is cancelled: nobody would
  /// read its answer. A client that only closed its half still gets one.
  func handle(value connection: Value, logger: Logger) async {
    watcher.opened()
    defer { watcher.closed() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await handleHTTP(asyncChannel: connection, logger: logger) }
      // The future of a close never fails.
      group.addTask { try? await connection.channel.closeFuture.get() }
      await group.next()
      group.cancelAll()
    }
  }
}

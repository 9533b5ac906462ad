import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A client's connection as Hummingbird serves it, with our limits around its request loop: `HTTP_SERVER=stock`.
struct StockChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: Responder
  let watcher: ConnectionWatcher
  var limits = ConnectionLimits()

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try ConnectionPipeline.configure(
        channel, limits: limits, watcher: watcher, program: [HTTP1ToHTTPServerCodec(secure: false)])
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
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

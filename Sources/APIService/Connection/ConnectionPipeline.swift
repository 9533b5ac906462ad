import NIOCore
import NIOHTTP1

/// What stands between a connection's socket and whoever answers, whichever server that is.
enum ConnectionPipeline {
  /// - Parameters:
  ///   - accelerator: answers what it can before anybody else sees it.
  ///   - program: whoever answers; takes `HTTPServerRequestPart` that may be served.
  static func configure(
    _ channel: any Channel, limits: ConnectionLimits, watcher: ConnectionWatcher,
    accelerator: (RequestGate) -> (any ChannelHandler)? = { _ in nil }, program: [any ChannelHandler]
  ) throws {
    let gate = RequestGate(limits: limits, watcher: watcher, now: channel.eventLoop.now)
    try channel.pipeline.syncOperations.addHandlers(
      [accelerator(gate)].compactMap(\.self) + [
        LingeringClose(gate: gate, limits: limits), HTTPResponseEncoder(),
        ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits.decoder)), gate,
      ] + program)
  }
}

internal import NIOCore
internal import NIOPosix

/// What a ``TCPProxy`` knows; lives on its event loop.
final class Switchboard {
  var target: Int
  private(set) var lines: [ObjectIdentifier: ProxyLine] = [:]
  private let loop: any EventLoop
  private let port: Int
  private var listener: (any Channel)?
  private var isHolding = false

  init(loop: any EventLoop, port: Int, target: Int) {
    self.loop = loop
    self.port = port
    self.target = target
  }

  func listen() -> EventLoopFuture<Void> {
    let own = NIOLoopBound(self, eventLoop: loop)
    return ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try own.value.accept(channel) }
      }
      .bind(host: "127.0.0.1", port: port)
      .map { own.value.listener = $0 }
  }

  func forward() -> EventLoopFuture<Void> {
    isHolding = false
    for line in lines.values { resume(line) }
    return listener == nil ? listen() : loop.makeSucceededVoidFuture()
  }

  func hold() {
    isHolding = true
    for line in lines.values { line.hold() }
  }

  func cut() {
    for line in lines.values { line.cut() }
    lines = [:]
  }

  func refuse() -> EventLoopFuture<Void> {
    cut()
    guard let listener else { return loop.makeSucceededVoidFuture() }
    self.listener = nil
    return listener.close()
  }

  private func accept(_ channel: any Channel) throws {
    let line = ProxyLine(client: channel) { [weak self] line in self?.lines[ObjectIdentifier(line)] = nil }
    lines[ObjectIdentifier(line)] = line
    try channel.pipeline.syncOperations.addHandler(line.client)
    if isHolding { line.hold() } else { connect(line) }
  }

  private func resume(_ line: ProxyLine) {
    line.release()
    if line.isWaitingForServer { connect(line) }
  }

  private func connect(_ line: ProxyLine) {
    line.isWaitingForServer = false
    let bound = NIOLoopBound(line, eventLoop: loop)
    ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(bound.value.server)
        }
      }
      .connect(host: "127.0.0.1", port: target)
      .whenComplete { result in
        switch result {
        case .success(let channel): bound.value.join(channel)
        case .failure: bound.value.giveUp()
        }
      }
  }
}

/// A client's connection, and the one to the server that belongs to it.
final class ProxyLine {
  let client = ProxyEnd()
  let server = ProxyEnd()
  /// Accepted, but with no connection to the server under way.
  var isWaitingForServer = true
  private var isCut = false
  private let ended: (ProxyLine) -> Void

  init(client channel: any Channel, ended: @escaping (ProxyLine) -> Void) {
    self.ended = ended
    server.partner = channel
    for end in [client, server] { end.ended = { [weak self] in self?.checkEnd() } }
  }

  func join(_ channel: any Channel) {
    client.partner = channel
    if isCut { return cut() }
    client.deliver()
    checkEnd()
  }

  /// Nobody listens where the proxy leads to.
  func giveUp() {
    isWaitingForServer = true
    cut()
  }

  func hold() {
    client.isHolding = true
    server.isHolding = true
  }

  func release() {
    for end in [client, server] {
      end.isHolding = false
      end.deliver()
    }
  }

  /// What is held back is lost.
  func cut() {
    isCut = true
    for end in [client, server] {
      end.held = []
      end.partner?.close(promise: nil)
    }
  }

  private func checkEnd() {
    if client.hasEnded, server.hasEnded || isWaitingForServer { ended(self) }
  }
}

/// One end of a line: hands on what it reads, unless told to hold it back.
final class ProxyEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  var partner: (any Channel)?
  var ended: () -> Void = {}
  var isHolding = false
  var held: [ByteBuffer] = []
  private(set) var hasEnded = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    held.append(unwrapInboundIn(data))
    deliver()
  }

  func channelInactive(context: ChannelHandlerContext) {
    hasEnded = true
    deliver()
    ended()
  }

  /// A reset ends the connection as well as an orderly close.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// Sends on what was read, and the end after it.
  func deliver() {
    guard !isHolding, let partner else { return }
    for bytes in held { partner.write(bytes, promise: nil) }
    held = []
    partner.flush()
    if hasEnded { partner.close(promise: nil) }
  }
}

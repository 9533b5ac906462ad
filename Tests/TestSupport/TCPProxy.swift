internal import NIOCore
internal import NIOPosix

/// An address in front of a server that can be moved to another, or play a network that fails.
///
/// Programs under test are given the proxy's port: a failover is then ``forward(to:)``, a partition ``blackHole()``.
package final class TCPProxy: Sendable {
  /// The loopback port that clients connect to; it stays.
  package let port: Int
  private let switchboard: NIOLoopBound<Switchboard>

  /// Listens on a free port and forwards to `target`, a loopback port.
  package static func start(to target: Int) async throws -> TCPProxy {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    var attempt = 1
    while true {
      let port = FreePort.next()
      let switchboard = try await loop.submit {
        NIOLoopBound(Switchboard(loop: loop, port: port, target: target), eventLoop: loop)
      }.get()
      do {
        try await loop.flatSubmit { switchboard.value.listen() }.get()
        return TCPProxy(port: port, switchboard: switchboard)
      } catch let error as IOError where error.errnoCode == EADDRINUSE && attempt < 5 {
        attempt += 1
      }
    }
  }

  private init(port: Int, switchboard: NIOLoopBound<Switchboard>) {
    self.port = port
    self.switchboard = switchboard
  }

  /// Ends a black hole or a refusal: what was held back arrives, late, where it was sent to.
  package func forward() async throws {
    try await switchboard.eventLoop.flatSubmit { [switchboard] in switchboard.value.forward() }.get()
  }

  /// Moves the address to another loopback port. Connections to the former are cut, and what was held back is lost.
  package func forward(to target: Int) async throws {
    try await switchboard.eventLoop.flatSubmit { [switchboard] in
      switchboard.value.cut()
      switchboard.value.target = target
      return switchboard.value.forward()
    }.get()
  }

  /// Lets nothing through in either direction. Connections stay and new ones are accepted, but nobody answers.
  package func blackHole() async throws {
    try await switchboard.eventLoop.submit { [switchboard] in switchboard.value.hold() }.get()
  }

  /// Closes the port and cuts all connections.
  package func refuse() async throws {
    try await switchboard.eventLoop.flatSubmit { [switchboard] in switchboard.value.refuse() }.get()
  }

  /// Cuts all connections; new ones may come at once. What was held back is lost.
  package func cut() async throws {
    try await switchboard.eventLoop.submit { [switchboard] in switchboard.value.cut() }.get()
  }

  /// How many clients are connected.
  package func connectionCount() async throws -> Int {
    try await switchboard.eventLoop.submit { [switchboard] in switchboard.value.lines.count }.get()
  }
}

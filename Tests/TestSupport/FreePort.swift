import Glibc
import NIOConcurrencyHelpers

/// Ports for servers that tests start.
package enum FreePort {
  // Below Linux' ephemeral range: an outgoing connection of a neighbour never takes a port between choice and use.
  private static let range: ClosedRange<UInt16> = 20_000...31_999
  private static let given = NIOLockedValueBox<Set<UInt16>>([])

  /// A loopback port that nobody listens on, never the same one twice in a test process.
  ///
  /// Another process may still take it before it is used; the servers here then try the next.
  package static func next() -> Int {
    while true {
      let port = UInt16.random(in: range)
      let isNew = given.withLockedValue { $0.insert(port).inserted }
      if isNew, isFree(port) { return Int(port) }
    }
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    guard descriptor >= 0 else { preconditionFailure("no socket: errno \(errno)") }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0
  }
}

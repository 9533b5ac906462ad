internal import Glibc
internal import NIOCore

/// Where a program listens, such as `HOST` and `PORT` say.
package struct ListenerSettings: Sendable {
  /// As it was given, for people.
  package let host: String
  package let port: Int
  /// What the two settings are called.
  let hostName: String
  let portName: String
  /// What the host stands for, and what is listened on.
  package let address: IPAddress

  /// Reads both, and reports a host that cannot be listened on. Looks its name up, which may wait for a name server.
  package init(reader: SettingsReader, host name: String, port portName: String, defaultPort: Int) {
    hostName = name
    self.portName = portName
    host = reader.string(name) ?? "127.0.0.1"
    port = reader.integer(portName, default: defaultPort, in: 1...65535)
    let found = Self.address(of: host)
    if found == nil {
      reader.report(
        name,
        "expected an address of this machine or a name that stands for one: 127.0.0.1, or 0.0.0.0 for all")
    }
    address = found ?? .loopback
  }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool { address.isLoopback }

  /// Nil also for another machine's address.
  private static func address(of host: String) -> IPAddress? {
    // Whatever is wrong with a name, there is nothing to listen on. To the C library `*` is loopback, to people all.
    guard host != "*", let address = try? SocketAddress.makeAddressResolvingHost(host, port: 0),
      canBind(address)
    else {
      return nil
    }
    return IPAddress(address)
  }

  /// Tries it with a port that is nobody's. A shortage of something else is not the address's fault.
  private static func canBind(_ address: SocketAddress) -> Bool {
    let descriptor = socket(address.protocol == .inet6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return errno != EAFNOSUPPORT }
    defer { close(descriptor) }
    let isBound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 }
    return isBound || (errno != EADDRNOTAVAIL && errno != EINVAL)
  }
}

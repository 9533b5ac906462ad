internal import NIOCore
package import ServiceLifecycle
internal import SystemPackage

/// A program's server. When it cannot listen, the program's end tells which settings are to blame.
package struct ListenerService: Service {
  private let server: any Service
  private let settings: ListenerSettings

  /// - Parameter server: throws an error of the system when it cannot listen, and none of that kind later.
  package init(_ server: any Service, _ settings: ListenerSettings) {
    self.server = server
    self.settings = settings
  }

  package func run() async throws {
    do { try await server.run() } catch let error as IOError {
      throw settings.failure(Errno(rawValue: error.errnoCode))
    }
  }
}

extension ListenerSettings {
  /// No bad setting, since nobody knew before it was tried, and the same may do a moment later: exit code 1.
  func failure(_ error: Errno) -> ProgramFailure {
    let remedy =
      switch error {
      case .addressInUse: "stop what listens there, or choose another \(portName)"
      case .permissionDenied: "choose a \(portName) above 1023, or grant the program this one"
      case .addressNotAvailable: "let \(hostName) be an address of this machine"
      default: "check both"
      }
    let reason = "cannot listen on \(host), port \(port): \(error)"
    return ProgramFailure(.failure, "\(hostName), \(portName): \(reason): \(remedy)")
  }
}

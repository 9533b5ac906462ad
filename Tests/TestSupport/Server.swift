import Glibc
import NIOConcurrencyHelpers

/// What a Redis and a Postgres of a test have in common: one port, one folder, one process at a time.
final class Server: Sendable {
  /// How to start one kind of server.
  struct Program: Sendable {
    /// The command line for a port.
    let command: @Sendable (_ port: Int) -> [String]
    /// Printed once the server answers.
    let readyLine: String
    /// The signal for an orderly end.
    let stopSignal: Int32
    /// The signal for the case that the test process is gone.
    let farewell: Int32
  }

  let port: Int
  private let program: Program
  private let folder: String
  private let running: NIOLockedValueBox<ChildProcess>

  /// Starts on a free port; on another one when somebody was faster.
  init(_ program: Program, folder: String) async throws {
    self.program = program
    self.folder = folder
    var attempt = 1
    while true {
      let port = FreePort.next()
      do {
        running = NIOLockedValueBox(try await Self.launch(program, port: port, folder: folder))
        self.port = port
        return
      } catch let error as TestSupportError where attempt < 5 && error.isAboutPort {
        attempt += 1
      }
    }
  }

  var process: ChildProcess { running.withLockedValue { $0 } }

  /// Orderly end; returns when it is gone with all its children.
  func stop() async throws {
    process.signal(SIGCONT)
    process.signal(program.stopSignal)
    try await ended()
  }

  /// SIGKILL to the server and its children, as when the machine goes away; returns when they are gone.
  func kill() async throws {
    signalTree(SIGKILL)
    try await ended()
  }

  /// Starts it again on the same port and data, ending it before if need be.
  func restart() async throws {
    if process.isRunning { try await stop() }
    let next = try await Self.launch(program, port: port, folder: folder)
    running.withLockedValue { $0 = next }
  }

  /// Signals the server first, so that it starts no further child, then its children.
  func signalTree(_ number: Int32) {
    if number != SIGCONT { process.signal(SIGSTOP) }
    for child in ProcessTable.children(of: process.id) { _ = Glibc.kill(child, number) }
    process.signal(number)
  }

  private func ended() async throws {
    try await process.wait()
    try await process.waitForOutputEnd()
  }

  private static func launch(_ program: Program, port: Int, folder: String) async throws -> ChildProcess {
    let command = program.command(port)
    let process = try ChildProcess(
      command[0], Array(command.dropFirst()), folder: folder, farewell: program.farewell)
    do {
      try await process.waitForLine(containing: program.readyLine)
      return process
    } catch {
      process.kill()
      throw error
    }
  }
}

extension TestSupportError {
  /// Redis and Postgres use the C library's words for EADDRINUSE.
  fileprivate var isAboutPort: Bool { description.contains("Address already in use") }
}

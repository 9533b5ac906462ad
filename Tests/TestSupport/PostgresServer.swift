import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A real Postgres on a free loopback port with a cluster of its own, gone with the test process.
package final class PostgresServer: Sendable {
  private static let password = "correct-horse"

  private let server: Server
  private let databases = NIOLockedValueBox(0)

  /// Creates a cluster and returns when it answers: about two seconds.
  ///
  /// - Parameters:
  ///   - arguments: further `postgres` options (`["-c", "max_connections=5"]`); they win over the defaults.
  ///   - fsync: off for speed. `kill()` loses nothing either way; only the loss of the machine would.
  package static func start(arguments: [String] = [], fsync: Bool = false) async throws -> PostgresServer {
    let folder = try TemporaryFolder.create("postgres")
    try PostgresPrograms.giveToServerUser(folder)
    try await initialise(folder)
    let durability = fsync ? "on" : "off"
    let program = Server.Program(
      command: { port in
        PostgresPrograms.asServerUser("postgres") + [
          "-D", "\(folder)/data", "-p", String(port), "-c", "listen_addresses=127.0.0.1",
          "-c", "unix_socket_directories=", "-c", "fsync=\(durability)",
          "-c", "full_page_writes=\(durability)", "-c", "max_connections=200",
        ] + arguments
      }, readyLine: "database system is ready to accept connections", stopSignal: SIGINT, farewell: SIGQUIT)
    return PostgresServer(server: try await Server(program, folder: folder))
  }

  private init(server: Server) { self.server = server }

  /// The loopback port, the same after `restart()`.
  package var port: Int { server.port }

  /// The URL of the database `postgres`, as superuser. Tests with tables of their own use `createDatabase()`.
  package var url: String { url(database: "postgres") }

  /// The process behind it, for its output.
  package var process: ChildProcess { server.process }

  /// Creates an empty database and returns its URL.
  package func createDatabase() async throws -> String {
    let name = databases.withLockedValue { count in
      count += 1
      return "test_\(count)"
    }
    let creation = try ChildProcess(
      PostgresPrograms.path("psql"),
      ["--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", url, "-c", "CREATE DATABASE \(name)"])
    guard try await creation.wait() == .code(0) else {
      throw TestSupportError("no database \(name): \(creation.lines)")
    }
    return url(database: name)
  }

  /// Orderly end; sessions are told (SQLSTATE 57P01).
  package func stop() async throws { try await server.stop() }

  /// Ends server and sessions by SIGKILL.
  package func kill() async throws { try await server.kill() }

  /// Starts it again on the same port and data, ending it before if need be.
  package func restart() async throws { try await server.restart() }

  /// Freezes server and sessions: connections stay open, nothing is answered.
  package func pause() { server.signalTree(SIGSTOP) }

  /// Ends a pause.
  package func resume() { server.signalTree(SIGCONT) }

  private func url(database: String) -> String {
    "postgresql://postgres:\(Self.password)@127.0.0.1:\(port)/\(database)"
  }

  private static func initialise(_ folder: String) async throws {
    try "\(password)\n".write(toFile: "\(folder)/password", atomically: false, encoding: .utf8)
    let command =
      PostgresPrograms.asServerUser("initdb") + [
        "-D", "\(folder)/data", "-U", "postgres", "--auth=scram-sha-256", "--pwfile=\(folder)/password",
        "--encoding=UTF8", "--locale=C", "--no-sync",
      ]
    let creation = try ChildProcess(command[0], Array(command.dropFirst()), folder: folder)
    guard try await creation.wait(within: .seconds(120)) == .code(0) else {
      throw TestSupportError("initdb: \(creation.lines.joined(separator: "\n"))")
    }
  }
}

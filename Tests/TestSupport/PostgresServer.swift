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
    return try await launch(folder, arguments: arguments, fsync: fsync)
  }

  /// Copies a running server and returns when the copy streams from it and answers reads.
  ///
  /// - Parameter arguments: further `postgres` options; those of the primary are not taken over.
  package static func startReplica(
    of primary: PostgresServer, arguments: [String] = []
  ) async throws -> PostgresServer {
    let folder = try TemporaryFolder.create("replica")
    try PostgresPrograms.giveToServerUser(folder)
    let copying =
      PostgresPrograms.asServerUser("pg_basebackup") + [
        "-D", "\(folder)/data", "-d", primary.url, "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
      ]
    let copy = try ChildProcess(copying[0], Array(copying.dropFirst()), folder: folder)
    guard try await copy.wait(within: .seconds(120)) == .code(0) else {
      throw TestSupportError("pg_basebackup: \(copy.lines.joined(separator: "\n"))")
    }
    return try await launch(
      folder, arguments: arguments, fsync: false, readyLine: "ready to accept read-only connections")
  }

  private static func launch(
    _ folder: String, arguments: [String], fsync: Bool,
    readyLine: String = "database system is ready to accept connections"
  ) async throws -> PostgresServer {
    let durability = fsync ? "on" : "off"
    let program = Server.Program(
      command: { port in
        PostgresPrograms.asServerUser("postgres") + [
          "-D", "\(folder)/data", "-p", String(port), "-c", "listen_addresses=127.0.0.1",
          "-c", "unix_socket_directories=", "-c", "fsync=\(durability)",
          "-c", "full_page_writes=\(durability)", "-c", "max_connections=200",
        ] + arguments
      }, readyLine: readyLine, stopSignal: SIGINT, farewell: SIGQUIT)
    return PostgresServer(server: try await Server(program, folder: folder))
  }

  private init(server: Server) { self.server = server }

  /// The loopback port, the same after `restart()`.
  package var port: Int { server.port }

  /// The URL of the database `postgres`, as superuser. Tests with tables of their own use `createDatabase()`.
  package var url: String { url(database: "postgres") }

  /// The process behind it, for its output.
  package var process: ChildProcess { server.process }

  /// Creates an empty database and returns its URL as superuser.
  ///
  /// - Parameter owner: made where it is missing.
  package func createDatabase(owner: String? = nil) async throws -> String {
    let name = databases.withLockedValue { count in
      count += 1
      return "test_\(count)"
    }
    if let owner { try await createRole(owner) }
    _ = try await run("CREATE DATABASE \(name) OWNER \(owner ?? "postgres")")
    return url(database: name)
  }

  /// The same database as a role without any rights but those it was given, made where it is missing.
  package func url(of database: String, as role: String) async throws -> String {
    try await createRole(role)
    return database.replacing("//postgres:", with: "//\(role):")
  }

  /// Others may do the same at the same time.
  private func createRole(_ name: String) async throws {
    _ = try await run(
      """
      DO $$ BEGIN CREATE ROLE \(name) LOGIN PASSWORD '\(Self.password)';
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
      """)
  }

  /// Runs a statement by `psql`, as superuser; returns its output, unaligned and without headers.
  package func run(_ sql: String) async throws -> String {
    let arguments = ["--no-psqlrc", "--quiet", "-At", "-v", "ON_ERROR_STOP=1", url, "-c", sql]
    let shell = try ChildProcess(PostgresPrograms.path("psql"), arguments)
    guard try await shell.wait() == .code(0) else { throw TestSupportError("\(sql): \(shell.lines)") }
    try await shell.waitForOutputEnd()
    return shell.lines.joined(separator: "\n")
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

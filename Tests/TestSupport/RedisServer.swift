import Glibc

/// A real Redis on a free loopback port, gone with the test process.
package final class RedisServer: Sendable {
  private let server: Server

  /// Starts a server and returns when it answers.
  ///
  /// - Parameters:
  ///   - arguments: further `redis-server` options; they win over the defaults.
  ///   - persistent: append-only file, synced at each write, as the queue role has it. Without, a restart finds nothing.
  package static func start(arguments: [String] = [], persistent: Bool = false) async throws -> RedisServer {
    let folder = try TemporaryFolder.create("redis")
    let program = Server.Program(
      command: { port in
        [
          "redis-server", "--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
          "--appendonly", persistent ? "yes" : "no", "--appendfsync", "always",
          "--repl-diskless-sync-delay", "0",
        ] + arguments
      }, readyLine: "Ready to accept connections", stopSignal: SIGTERM, farewell: SIGKILL)
    return RedisServer(server: try await Server(program, folder: folder))
  }

  private init(server: Server) { self.server = server }

  /// The loopback port, the same after `restart()`.
  package var port: Int { server.port }

  /// `redis://127.0.0.1:<port>`.
  package var url: String { "redis://127.0.0.1:\(port)" }

  /// The process behind it, for its output.
  package var process: ChildProcess { server.process }

  /// Orderly end.
  package func stop() async throws { try await server.stop() }

  /// Ends it by SIGKILL.
  package func kill() async throws { try await server.kill() }

  /// Starts it again on the same port and data, ending it before if need be.
  package func restart() async throws { try await server.restart() }

  /// Freezes it: connections stay open, nothing is answered.
  package func pause() { server.process.signal(SIGSTOP) }

  /// Ends a pause.
  package func resume() { server.process.signal(SIGCONT) }
}

extension RedisServer {
  /// Starts a server and returns when it holds what `primary` holds and follows it.
  ///
  /// - Parameters:
  ///   - proxy: lies between the two, and must lead to the primary. A black hole there lets the primary go on writing
  ///     what the replica misses.
  ///   - arguments: further `redis-server` options.
  package static func startReplica(
    of primary: RedisServer, through proxy: TCPProxy? = nil, arguments: [String] = []
  ) async throws -> RedisServer {
    let replica = try await start(arguments: arguments)
    try await replica.follow(primary, through: proxy)
    return replica
  }

  /// Makes it a replica, whose own data is replaced; returns when it holds all of the primary's. Restarted, it is a
  /// primary again, and empty.
  package func follow(_ primary: RedisServer, through proxy: TCPProxy? = nil) async throws {
    _ = try await run("REPLICAOF", "127.0.0.1", String(proxy?.port ?? primary.port))
    guard try await eventually(within: .seconds(30), { try await isInStep() }) else {
      throw TestSupportError("no replica: \(try await run("INFO", "replication"))")
    }
  }

  /// Makes a replica a primary with what it has by now, as a failover does.
  package func promote() async throws { _ = try await run("REPLICAOF", "NO", "ONE") }

  /// The reply to one command, line by line, by `redis-cli`. Throws for an error reply.
  package func run(_ command: String...) async throws -> [String] { try await run(command) }

  /// See ``run(_:)-(String...)``.
  package func run(_ command: [String]) async throws -> [String] {
    let client = try ChildProcess("redis-cli", ["-e", "-p", String(port)] + command)
    let exit = try await client.wait()
    try await client.waitForOutputEnd()
    guard exit == .code(0) else { throw TestSupportError("\(command): \(client.lines)") }
    return client.lines
  }

  private func isInStep() async throws -> Bool {
    try await run("INFO", "replication").contains { $0.hasPrefix("master_link_status:up") }
  }
}

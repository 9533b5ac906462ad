package import ServiceLifecycle

/// Runs a client for the time of one command, and cancels it afterwards.
package func withRunning<Value: Sendable>(
  _ client: some Service, _ body: () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { group.cancelAll() }
    return try await body()
  }
}

/// A command waits no longer than this for a server.
package let commandPatience = Duration.seconds(3)

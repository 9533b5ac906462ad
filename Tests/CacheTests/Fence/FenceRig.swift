import Keyspace
import Redis
import TestSupport

@testable import Cache

/// Three servers with a client each.
struct FenceRig: Sendable {
  // Bare task: whoever asks first starts the servers, everyone awaits the same value.
  private static let servers = Task {
    try await [RedisServer.start(), RedisServer.start(), RedisServer.start()]
  }

  let clients: [RedisClient]
  private let prefix = "test-\(UInt64.random(in: 0 ... .max)):"

  static func with(_ body: @Sendable (FenceRig) async throws -> Void) async throws {
    let clients = try await servers.value.map { server in
      RedisClient(url: try RedisURL(server.url), logger: .quiet)
    }
    try await withThrowingTaskGroup { group in
      for client in clients { group.addTask { try await client.run() } }
      for client in clients { try await client.waitUntilConnected(within: .seconds(10)) }
      try await body(FenceRig(clients: clients))
      group.cancelAll()
    }
  }

  /// The servers as one run sees them, and the time at which its clock begins: an hour from now.
  func nodes(_ run: String, _ scripts: CacheScripts) async throws -> ([FenceNode], start: UInt64) {
    let keys = CacheKeys(prefix: "\(prefix)\(run):")
    var nodes: [FenceNode] = []
    for client in clients {
      let cache = Cache(
        server: CacheServer(redis: client, scripts: scripts), settings: .patient, keys: keys, logger: .quiet
      ) { _ in
      }
      nodes.append(try await FenceNode(cache: cache))
    }
    return (nodes, try await nodes[0].cache.serverMoment().time + 3_600_000)
  }
}

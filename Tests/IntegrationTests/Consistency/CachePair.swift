import NIOConcurrencyHelpers
import TestSupport

/// A Redis for the cache and its replica, and the link between them, which can fail.
final class CachePair: Sendable {
  private struct Roles {
    var primary: RedisServer
    var replica: RedisServer
  }

  private let roles: NIOLockedValueBox<Roles>
  private let link: TCPProxy

  init(primary: RedisServer) async throws {
    link = try await TCPProxy.start(to: primary.port)
    let replica = try await RedisServer.startReplica(
      of: primary, through: link, arguments: ["--maxmemory-policy", "allkeys-lfu"])
    roles = NIOLockedValueBox(Roles(primary: primary, replica: replica))
  }

  var primary: RedisServer { roles.withLockedValue { $0.primary } }

  /// From now on the replica misses what the primary writes.
  func partition() async throws { try await link.blackHole() }

  /// Makes the replica a primary. The former one goes on, for whoever still talks to it.
  func promoteReplica() async throws {
    let replica = roles.withLockedValue { $0.replica }
    try await replica.promote()
    roles.withLockedValue { $0 = Roles(primary: $0.replica, replica: $0.primary) }
  }

  /// The former primary follows the promoted one.
  func rejoin() async throws {
    let (primary, replica) = roles.withLockedValue { ($0.primary, $0.replica) }
    try await link.forward(to: primary.port)
    try await replica.follow(primary, through: link)
  }

  /// Ends the replica; the primary is the system's.
  func end() async throws {
    let servers = roles.withLockedValue { [$0.primary, $0.replica] }
    for server in servers { try await server.kill() }
  }
}

import Cache
import Postgres
import TestSupport
import Testing

@testable import ConversationStore

/// Which servers take reads while replicas lag, stop, hang and come back. Real servers of the test's own.
@Suite struct ReplicaRotationTests {
  @Test("A replica that lags, stops, or hangs is left out by itself and comes back by itself")
  func rotation() async throws {
    let primary = try await PostgresServer.start()
    let first = try await PostgresServer.startReplica(of: primary)
    let second = try await PostgresServer.startReplica(of: primary)
    try await StoreRig.with(replicaURLs: [first.url, second.url], primaryURL: primary.url) { rig in
      #expect(try await settles(on: [first, second], rig))

      _ = try await first.run("SELECT pg_wal_replay_pause()")
      #expect(
        try await eventually { try await first.run("SELECT pg_get_wal_replay_pause_state()") == "paused" })
      try await rig.run("INSERT INTO conversations (user_id) VALUES ('alice')")
      #expect(try await settles(on: [second], rig))
      _ = try await first.run("SELECT pg_wal_replay_resume()")
      #expect(try await settles(on: [first, second], rig))

      try await second.stop()
      #expect(try await settles(on: [first], rig))
      first.pause()
      #expect(try await settles(on: [primary], rig))
      first.resume()
      #expect(try await settles(on: [first], rig))
      try await second.restart()
      #expect(try await settles(on: [first, second], rig))
    }
    for server in [first, second, primary] { try await server.stop() }
  }

  /// Whether, after a while, these servers and no others answer what requires all that has been written.
  private func settles(on servers: [PostgresServer], _ rig: StoreRig) async throws -> Bool {
    let floor = try #require(try await rig.store.databases.currentLSN())
    let expected = Set(servers.map(\.port))
    return try await eventually {
      var answering: Set<Int> = []
      for _ in 0..<6 { answering.insert(try await port(rig, floor)) }
      return answering == expected
    }
  }

  private func port(_ rig: StoreRig, _ floor: UInt64) async throws -> Int {
    let statement = PostgresStatement("port", "SELECT inet_server_port()")
    let answer = try await rig.store.databases.read(statement, [], from: .replica(atLeast: floor))
    return Int(try answer.rows.only().int(0))
  }
}

import Cache
import ConversationStore
import Conversations
import NIOCore
import Postgres
import TestSupport
import Testing

/// Which server answers a miss when a streaming replica is there. Real servers of the test's own.
@Suite struct ReplicaReadTests {
  @Test("A replica answers what it has replayed, and is passed over while it lags")
  func replica() async throws {
    let primary = try await PostgresServer.start()
    let replica = try await PostgresServer.startReplica(of: primary)
    let pages = try (1...6).map { try list(limit: $0) }
    try await StoreRig.with(replicaURLs: [replica.url], primaryURL: primary.url, relays: 1) { rig in
      try await rig.apply("c", .words("first"))
      let id = try #require(
        try await rig.scalar("SELECT id::text FROM conversations").flatMap { ConversationID($0) })
      // The first fill comes from the primary and makes the floor known.
      #expect(try await body(of: rig.store.messages(of: id, pages[0], in: .everyone)).contains("first"))
      try await replayed(replica, of: rig)

      try await pausingReplay(on: replica) {
        try await rig.apply("c", .words("first", "second"), fence: 2)
        #expect(try await body(of: rig.store.messages(of: id, pages[1], in: .everyone)).contains("second"))
        #expect(try await body(of: rig.store.messages(of: id, pages[2], in: .everyone)).contains("second"))
      }
      try await replayed(replica, of: rig)

      // With the primary away only the replica can have answered.
      try await primary.kill()
      #expect(
        try await eventually(within: .seconds(3)) {
          // The primary is asked, in vain, until the replica has been heard of.
          guard let answer = try? await rig.store.messages(of: id, pages[3], in: .everyone) else {
            return false
          }
          return body(of: answer).contains("second")
        })
      await #expect(throws: PostgresError.self) {
        try await rig.store.conversations(ConversationFilter(), pages[4])
      }
    }
    try await replica.stop()
  }

  private func list(limit: Int) throws -> ListRequest {
    ListRequest(page: try #require(PageRequest(limit: limit + 1)))
  }

  private func body(of answer: CacheAnswer) -> String { String(buffer: answer.value.body) }

  /// Returns when the replica has replayed all that the primary has written.
  private func replayed(_ replica: PostgresServer, of rig: StoreRig) async throws {
    let target = try #require(try await rig.scalar("SELECT pg_current_wal_insert_lsn()::text"))
    let question = "SELECT (pg_last_wal_replay_lsn() >= '\(target)'::pg_lsn)::text"
    #expect(try await eventually { try await replica.run(question) == "true" })
  }

  private func pausingReplay(on replica: PostgresServer, _ body: () async throws -> Void) async throws {
    _ = try await replica.run("SELECT pg_wal_replay_pause()")
    #expect(
      try await eventually { try await replica.run("SELECT pg_get_wal_replay_pause_state()") == "paused" })
    try await body()
    _ = try await replica.run("SELECT pg_wal_replay_resume()")
  }
}

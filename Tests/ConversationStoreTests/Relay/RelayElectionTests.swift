import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

@testable import ConversationStore

/// Who of several relays leads, and who does next.
@Suite struct RelayElectionTests {
  @Test("Of three relays one leads")
  func single() async throws {
    try await StoreRig.with(relays: 3) { rig in
      var leaders: Set<[String]> = []
      let end = ContinuousClock.now + .seconds(2)
      while ContinuousClock.now < end { leaders.insert(try await rig.leaders()) }
      #expect(leaders.allSatisfy { $0.count <= 1 })
      #expect(leaders.contains { $0.count == 1 })
    }
  }

  @Test(
    "When the leader's session ends, another relay leads within two seconds, and hits count all the while")
  func terminated() async throws {
    try await StoreRig.with(relays: 2) { rig in
      let leader = try await rig.leader()
      try await rig.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(leader)' AND datname = current_database()"
      )
      try await expectHandOver(from: leader, rig)
    }
  }

  @Test("When the leader stops in an orderly way, another relay leads within two seconds")
  func stopped() async throws {
    try await StoreRig.with { rig in
      let first = Task { await rig.relay("first") }
      #expect(try await eventually { try await rig.leaders() == ["first"] })
      let second = Task { await rig.relay("second") }
      defer { second.cancel() }
      #expect(try await eventually { try await rig.isTrusted() })
      first.cancel()
      try await expectHandOver(from: "first", rig)
    }
  }

  @Test("When the leader freezes, another relay leads within two seconds; waking up late it does no harm")
  func frozen() async throws {
    try await StoreRig.with { rig in
      let arrived = AsyncStream.makeStream(of: Void.self)
      let first = Task {
        try await Failpoint.stopping(at: .beforeWatermark, arrived.continuation) { await rig.relay("first") }
      }
      for await _ in arrived.stream { break }
      let second = Task { await rig.relay("second") }
      defer { second.cancel() }
      try await expectHandOver(from: "first", rig, staysTrusted: false)
      #expect(try await eventually { try await rig.isTrusted() })
      first.cancel()
      try await first.value
      #expect(try await rig.isTrusted())
    }
  }

  @Test("A leader gives the others a chance every ten seconds, between two rounds")
  func term() async throws {
    try await StoreRig.with { rig in
      let election = RelayElection(database: rig.database, leading: rig.database)
      let led = try await election.lead { term in
        #expect(!term.isOver)
        #expect(term.end - .now <= .seconds(10))
        let other = try await election.lead { _ in Issue.record("two leaders") }
        #expect(!other)
      }
      #expect(led)
      let again = try await election.lead { _ in }
      #expect(again)
    }
  }

  private func expectHandOver(from leader: String, _ rig: StoreRig, staysTrusted: Bool = true) async throws {
    let start = ContinuousClock.now
    let next = try await poll(within: .seconds(10)) {
      if staysTrusted { #expect(try await rig.isTrusted()) }
      return try await rig.leaders().first { $0 != leader }
    }
    #expect(next != nil)
    #expect(ContinuousClock.now - start < .seconds(2))
  }
}

extension StoreRig {
  /// The names of the sessions whose transactions hold the relay's lock.
  func leaders() async throws -> [String] {
    let statement = PostgresStatement(
      "leaders",
      """
      SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' \
      AND l.granted AND a.datname = current_database() AND a.application_name <> 'freshet' ORDER BY 1
      """)
    return try await database.query(statement).map { try $0.text(0) }
  }

  /// Waits for one that leads.
  func leader() async throws -> String {
    let found = try await poll(within: .seconds(10)) { try await leaders().first }
    return try #require(found)
  }
}

import TestSupport
import Testing

extension Integration {
  @Suite("A crowd before one cold key")
  struct StampedeTests {
    private static let readers = 200

    /// Under a machine that starves it, a program gives Redis up after 50 ms and asks Postgres itself, as it should. That
    /// is no stampede, but no proof either: then another crowd is sent to another key. The same holds for who waited for
    /// somebody else's value for 150 ms in vain.
    @Test("Two hundred readers over three instances cost one call of the statement in Postgres")
    func oneCall() async throws {
      let postgres = try await PostgresServer.start(
        arguments: ["-c", "shared_preload_libraries=pg_stat_statements"])
      let system = try await LocalSystem.start(postgres: postgres)
      var apis: [API] = []
      for _ in 0..<3 { apis.append(try await system.startAPI()) }
      let ids = try await Self.coldConversations(system, 20)
      var crowds: [Crowd] = []
      for id in ids where !crowds.contains(where: \.isUndisturbed) {
        let crowd = try await Self.send(to: id, apis)
        FaultReport.tell("\(crowd)")
        crowds.append(crowd)
      }
      await system.end(ownPostgres: true)
      let isProven = crowds.contains { $0.isUndisturbed }
      #expect(isProven, "Redis was late for some reader of every crowd")
      for crowd in crowds {
        #expect(crowd.answers[200] == Self.readers)
        #expect(crowd.calls <= 1 + crowd.late + crowd.impatient)
      }
    }

    /// Written by `psql`, and the relay is done with them: nobody has asked for them yet, and nobody will be told of them.
    private static func coldConversations(_ system: LocalSystem, _ count: Int) async throws -> [String] {
      _ = try await system.rows("CREATE EXTENSION pg_stat_statements")
      let rows = try await system.rows(
        """
        INSERT INTO conversations (user_id, title) SELECT 'crowd', 'cold ' || n FROM generate_series(1, \(count)) AS n
        RETURNING id
        """)
      let isRelayed = try await eventually {
        try await system.count("SELECT count(*) FROM cache_outbox WHERE done_by IS NULL") == 0
      }
      guard isRelayed else { throw IntegrationError("the relay does not work") }
      return rows.compactMap(\.first)
    }

    private static func send(to id: String, _ apis: [API]) async throws -> Crowd {
      let system = apis[0].system
      for api in apis {
        let isTrusted = try await eventually {
          try await api.client("crowd").get("/users/crowd/messages").isHit
        }
        guard isTrusted else { throw IntegrationError("no hits") }
      }
      _ = try await system.rows("SELECT pg_stat_statements_reset()")
      var crowd = Crowd()
      try await withThrowingTaskGroup(of: Answer.self) { group in
        for number in 0..<readers {
          group.addTask { try await apis[number % apis.count].client("crowd").get("/conversations/\(id)") }
        }
        for try await answer in group {
          crowd.answers[answer.status, default: 0] += 1
          if answer.field("Cache-Status")?.hasPrefix("redis; fwd=bypass") != false { crowd.late += 1 }
          if answer.databaseMilliseconds >= 150 { crowd.impatient += 1 }
        }
      }
      let statements = try await system.rows(
        "SELECT calls, query FROM pg_stat_statements WHERE query LIKE '%FROM conversations WHERE id = $1'")
      crowd.calls = statements.reduce(0) { $0 + (Int($1[0]) ?? 0) }
      crowd.statement = statements.map { $0[1] }.joined(separator: "; ")
      return crowd
    }
  }
}

/// What came of the readers of one key.
private struct Crowd: CustomStringConvertible {
  /// How many got which status.
  var answers: [Int: Int] = [:]
  /// Readers that did not wait for Redis.
  var late = 0
  /// Readers that may have given up waiting for another's value.
  var impatient = 0
  var calls = 0
  var statement = ""

  /// Whether every reader came by way of Redis.
  var isUndisturbed: Bool { late + impatient == 0 }

  var description: String {
    "stampede: \(answers.values.reduce(0, +)) readers over 3 instances, \(late) of them past Redis, "
      + "\(impatient) tired of waiting: "
      + "\(calls) call(s) of “\(statement)”"
  }
}

extension Answer {
  /// How long a value was waited for that was not in Redis.
  fileprivate var databaseMilliseconds: Double {
    let parts = field("Server-Timing")?.split(separator: ", ") ?? []
    let part = parts.first { $0.hasPrefix("database;dur=") }
    return part.flatMap { Double($0.dropFirst(13)) } ?? 0
  }
}

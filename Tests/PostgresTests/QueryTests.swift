import Postgres
import TestSupport
import Testing

@Suite("Statements on shared connections", .timeLimit(.minutes(1)))
struct QueryTests {
  @Test("A thousand concurrent statements over two connections each get their own row")
  func pipelining() async throws {
    try await withClient { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<1_000 {
          group.addTask {
            let result = try await client.query("SELECT $1::bigint, pg_backend_pid()", [.int(Int64(number))])
            #expect(try result[0].int(0) == Int64(number))
          }
        }
        try await group.waitForAll()
      }
      let connections = try await client.number(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
          + " AND state IS NOT NULL")
      #expect(connections >= 1)
    }
  }

  @Test("An error in the middle of the line is one error, and the connection goes on")
  func errorInTheMiddle() async throws {
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    try await withClient(settings: settings) { client in
      let before = try await client.number("SELECT pg_backend_pid()::bigint")
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for divisor in -10...10 {
          group.addTask {
            do {
              return try await client.query("SELECT 1 / $1", [.int(Int64(divisor))]).count == 1
            } catch let error as PostgresError {
              #expect(divisor == 0 && error.code == .sqlState("22012") && !error.isRetryable)
              #expect(error.statement == "SELECT 1 / $1")
              return false
            }
          }
        }
        let successes = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        #expect(successes == 20)
      }
      #expect(try await client.number("SELECT pg_backend_pid()::bigint") == before)
    }
  }

  @Test("A violated constraint is named")
  func constraint() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query("CREATE TABLE t (a int CONSTRAINT only_once UNIQUE)")
      #expect(try await client.query("INSERT INTO t VALUES ($1)", [.int(1)]).affectedRows == 1)
      let error = try await failure { _ = try await client.query("INSERT INTO t VALUES ($1)", [.int(1)]) }
      #expect(error.code == .sqlState("23505"))
      #expect(error.constraint == "only_once")
      #expect(!error.isRetryable && !error.isInfrastructure)
    }
  }

  @Test("A deadline frees the caller and leaves the connection to the others")
  func deadline() async throws {
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    settings.statementTimeout = .seconds(30)
    settings.defaultDeadline = .seconds(30)
    try await withClient(settings: settings) { client in
      try await client.ping(within: .seconds(30))
      let clock = ContinuousClock()
      let started = clock.now
      async let next = client.number("SELECT 7::bigint")
      let error = try await failure {
        _ = try await client.query("SELECT pg_sleep(3)", deadline: .milliseconds(100))
      }
      #expect(error.code == .deadline && error.isRetryable && error.isTimeout)
      #expect(clock.now - started < .seconds(2))
      #expect(try await next == 7)
      #expect(try await client.number("SELECT 8::bigint") == 8)
    }
  }

  @Test("The server ends a statement at statement_timeout")
  func statementTimeout() async throws {
    var settings = PostgresClientSettings()
    settings.statementTimeout = .milliseconds(100)
    try await withClient(settings: settings) { client in
      let error = try await failure { _ = try await client.query("SELECT pg_sleep(5)") }
      #expect(error.code == .sqlState("57014") && error.isTimeout)
    }
  }

  @Test("A cancelled caller leaves at once and nobody else notices")
  func cancellation() async throws {
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    settings.statementTimeout = .seconds(30)
    settings.defaultDeadline = .seconds(30)
    try await withClient(settings: settings) { client in
      let backend = try await client.number("SELECT pg_backend_pid()::bigint")
      let sleeper = Task { try await client.query("SELECT pg_sleep(3)") }
      try await Task.sleep(for: .milliseconds(50))
      let started = ContinuousClock.now
      sleeper.cancel()
      let error = try await failure { _ = try await sleeper.value }
      #expect(error.code == .cancelled)
      #expect(ContinuousClock.now - started < .seconds(2))
      #expect(try await client.number("SELECT pg_backend_pid()::bigint") == backend)
    }
  }

  @Test("A task that is cancelled already sends nothing")
  func cancelledBefore() async throws {
    try await withClient { client in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await client.query("SELECT 1")
      }
      let error = try await failure { _ = try await task.value }
      #expect(error.code == .cancelled)
    }
  }

  @Test(
    "A plan made stale by DDL is prepared again unnoticed",
    arguments: ["connection_limit=1", "connection_limit=3"])
  func stalePlan(limit: String) async throws {
    let url = try await SharedServers.postgres().createDatabase()
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    try await withClient(url, parameters: limit, settings: settings) { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      _ = try await client.query("INSERT INTO t VALUES (1)")
      for _ in 0..<3 { #expect(try await client.query("SELECT * FROM t")[0].int(0) == 1) }
      _ = try await client.query("ALTER TABLE t ALTER a TYPE text USING 'now text'")
      #expect(try await client.query("SELECT * FROM t")[0].text(0) == "now text")
      _ = try await client.query("DISCARD PLANS")
      _ = try await client.query("DEALLOCATE ALL")
      #expect(try await client.query("SELECT * FROM t")[0].text(0) == "now text")
    }
  }

  @Test("Statements are prepared once per connection, and not at all when turned off")
  func preparedStatements() async throws {
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    let count: PostgresStatement = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1"
    for (parameters, isOn, expected) in [
      ("", true, Int64(1)), ("", false, 0), ("pgbouncer=true", true, 0), ("statement_cache_size=0", true, 0),
    ] {
      settings.preparedStatements = isOn
      try await withClient(parameters: parameters, settings: settings) { client async throws in
        for number in 1...3 {
          #expect(
            try await client.query("SELECT $1 + 1", [.int(Int64(number))])[0].int(0) == Int64(number + 1))
        }
        #expect(try await client.query(count, [.text("SELECT $1 + 1")])[0].int(0) == expected)
      }
    }
  }

  @Test("A statement that cannot be prepared fails alone, also when it is corrected later")
  func failedPrepare() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    try await withClient(url) { client in
      for _ in 0..<2 {
        let error = try await failure { _ = try await client.query("SELECT a FROM absent") }
        #expect(error.code == .sqlState("42P01"))
      }
      _ = try await client.query("CREATE TABLE absent (a bigint)")
      #expect(try await client.query("SELECT a FROM absent").isEmpty)
    }
  }

  @Test("Sessions run in UTC with the server's timeouts set")
  func session() async throws {
    try await withClient(parameters: "schema=my%20schema&application_name=named") { client in
      let row = try await client.query(
        """
        SELECT current_setting('timezone'), current_setting('statement_timeout'),
          current_setting('search_path'), current_setting('application_name')
        """)[0]
      #expect(try row.text(0) == "UTC")
      #expect(try row.text(1) == "2s")
      #expect(try row.text(2) == "\"my schema\"")
      #expect(try row.text(3) == "named")
    }
  }

  @Test("Too many waiting statements are refused at once")
  func overload() async throws {
    var settings = PostgresClientSettings()
    settings.pipelinedConnections = 1
    settings.maximumPendingStatements = 10
    try await withClient(settings: settings) { client in
      try await client.ping(within: .seconds(5))
      let refused = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<50 {
          group.addTask {
            do {
              _ = try await client.query("SELECT pg_sleep(0.1)")
              return false
            } catch {
              return (error as? PostgresError)?.code == .overloaded
            }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(refused > 0 && refused <= 40)
      #expect(try await client.number("SELECT 1::bigint") == 1)
    }
  }
}

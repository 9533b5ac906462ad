import Logging
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@Suite("A server that goes away and comes back", .serialized, .timeLimit(.minutes(1)))
struct OutageTests {
  @Test("After a restart service is back within two seconds; meanwhile callers fail fast")
  func restart() async throws {
    let server = try await PostgresServer.start()
    try await withClient(server.url) { client in
      #expect(try await client.number("SELECT 1::bigint") == 1)
      try await client.withTransaction { _ = try await $0.query("SELECT 1") }
      try await server.stop()
      #expect(try await eventually { !client.isReachable })
      #expect(try await eventually { try await failFast(client) })
      // The longest pauses between attempts are reached.
      try await Task.sleep(for: .seconds(2))
      #expect(try await failFast(client))

      try await server.restart()
      let returned = ContinuousClock.now
      #expect(
        try await eventually(within: .seconds(2)) { (try? await client.number("SELECT 1::bigint")) == 1 })
      try await client.withTransaction { _ = try await $0.query("SELECT 1") }
      #expect(ContinuousClock.now - returned < .seconds(2))
    }
    try await server.stop()
  }

  @Test("A client that nobody calls tells as soon as it is connected", arguments: ["", "connection_limit=1"])
  func idleClient(_ parameters: String) async throws {
    let isReachable = try await withClient(parameters: parameters) { client in
      try await eventually { client.isReachable }
    }
    #expect(isReachable)
  }

  /// Whether a statement and a transaction are refused as `notConnected` without waiting.
  private func failFast(_ client: PostgresClient) async throws -> Bool {
    let started = ContinuousClock.now
    let statement = try await failure { _ = try await client.query("SELECT 1") }
    let transaction = try await failure { try await client.withTransaction { _ in } }
    // Far less than pool_timeout and the default deadline, with room for a busy machine.
    #expect(ContinuousClock.now - started < .seconds(2))
    return [statement, transaction].allSatisfy { $0.code == .notConnected && $0.isInfrastructure }
  }

  @Test("A killed server is noticed in the middle of a statement")
  func kill() async throws {
    let server = try await PostgresServer.start()
    var settings = PostgresClientSettings()
    settings.statementTimeout = .seconds(30)
    settings.defaultDeadline = .seconds(30)
    try await withClient(server.url, settings: settings) { client in
      try await client.ping(within: .seconds(30))
      async let pipelined = failure { _ = try await client.query("SELECT pg_sleep(20)") }
      async let exclusive = failure {
        try await client.withTransaction { _ = try await $0.query("SELECT pg_sleep(20)") }
      }
      let active =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(20)' AND state = 'active'"
      #expect(
        try await eventually {
          // Not on a shared connection: one of those is asleep.
          try await client.withConnection {
            try await $0.query(PostgresStatement("active", active))[0].int(0)
          } == 2
        })
      try await server.kill()
      let errors = try await [pipelined, exclusive]
      #expect(errors.map(\.code) == [.connectionLost, .connectionLost])
    }
  }

  @Test("A frozen server costs each caller its deadline, and all is well when it thaws")
  func frozen() async throws {
    let server = try await PostgresServer.start()
    try await withClient(server.url) { client in
      try await client.ping(within: .seconds(30))
      try await client.withConnection { _ = try await $0.query("SELECT 1") }
      server.pause()
      let started = ContinuousClock.now
      let late = try await failure { _ = try await client.query("SELECT 1", deadline: .milliseconds(200)) }
      #expect(late.code == .deadline)
      let lost = try await failure {
        try await client.withTransaction { connection in
          let first = try await failure {
            _ = try await connection.query("SELECT 1", deadline: .milliseconds(200))
          }
          #expect(first.code == .deadline)
          _ = try await connection.query("SELECT 2", deadline: .milliseconds(200))
        }
      }
      #expect(lost.code == .deadline)
      #expect(ContinuousClock.now - started < .seconds(4))
      server.resume()
      #expect(
        try await eventually { (try? await client.number("SELECT 3::bigint")) == 3 })
      try await client.withTransaction { _ = try await $0.query("SELECT 1") }
    }
    try await server.stop()
  }

  @Test("A terminated backend is replaced, and its transaction reports the connection lost")
  func terminatedBackend() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    try await withClient(url, parameters: "connection_limit=3") { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      let error = try await failure {
        try await client.withTransaction { connection in
          let backend = try await connection.query("SELECT pg_backend_pid()")[0].int(0)
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          #expect(try await client.query("SELECT pg_terminate_backend($1::int)", [.int(backend)]).count == 1)
        }
      }
      #expect(error.code == .connectionLost && error.isRetryable && error.isInfrastructure)
      #expect(try await client.number("SELECT count(*) FROM t") == 0)
      let pipelined = try await client.number("SELECT pg_backend_pid()::bigint")
      try await client.withConnection { connection in
        _ = try await connection.query("SELECT pg_terminate_backend($1::int)", [.int(pipelined)])
      }
      #expect(try await eventually { (try? await client.number("SELECT 1::bigint")) == 1 })
      try await client.withTransaction { _ = try await $0.query("INSERT INTO t VALUES (1)") }
    }
  }

  @Test("A COMMIT whose connection dies says that the connection was lost")
  func lostCommit() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    var settings = PostgresClientSettings()
    settings.defaultDeadline = .seconds(30)
    try await withClient(url, settings: settings) { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      _ = try await client.query(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NULL; END'"
      )
      _ = try await client.query(
        """
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow()
        """)
      async let outcome = failure {
        try await client.withTransaction { _ = try await $0.query("INSERT INTO t VALUES (1)") }
      }
      let committing =
        "SELECT pid::bigint FROM pg_stat_activity WHERE datname = current_database() AND query = 'COMMIT' AND state = 'active'"
      let found = try await poll(within: .seconds(15)) {
        try await client.query(PostgresStatement("committing", committing)).first.map { try $0.int(0) }
      }
      let backend = try #require(found)
      _ = try await client.query("SELECT pg_terminate_backend($1::int)", [.int(backend)])
      let error = try await outcome
      #expect(error.code == .connectionLost && error.statement == "commit")
    }
  }

  @Test("Too many clients at the server: who has a connection goes on, who has none waits for one")
  func tooManyClients() async throws {
    let server = try await PostgresServer.start(arguments: ["-c", "max_connections=6"])
    try await withClient(server.url, parameters: "connection_limit=10") { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<30 {
          group.addTask {
            try await client.withTransaction { _ = try await $0.query("SELECT pg_sleep(0.02)") }
          }
        }
        try await group.waitForAll()
      }
    }
    try await server.stop()
  }

  @Test("Wrong credentials are a reason that is told, without the password")
  func wrongPassword() async throws {
    let port = try await SharedServers.postgres().port
    try await withClient("postgresql://postgres:open-sesame@127.0.0.1:\(port)/postgres") { client in
      let error = try await failure { try await client.ping(within: .seconds(30)) }
      #expect(error.code == .notConnected)
      #expect(error.detail.contains("password authentication failed"))
      #expect(!error.description.contains("open-sesame"))
    }
  }

  @Test("Of several hosts the first that answers is used")
  func severalHosts() async throws {
    let server = try await SharedServers.postgres()
    let closed = FreePort.next()
    let url = server.url.replacing(
      "@127.0.0.1:\(server.port)", with: "@127.0.0.1:\(closed),127.0.0.1:\(server.port)")
    let answer = try await withClient(url) { try await $0.number("SELECT 1::bigint") }
    #expect(answer == 1)
  }

  @Test("Shutdown lets work in flight finish and refuses what comes later")
  func shutdown() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    let client = PostgresClient(url: try PostgresURL(url), logger: Logger(label: "test"))
    let group = ServiceGroup(services: [client], logger: Logger(label: "test"))
    let running = Task { try await group.run() }
    _ = try await client.query("SELECT 1")
    async let transaction: Int64 = client.withTransaction { connection in
      _ = try await connection.query("SELECT pg_sleep(1.5)")
      return try await connection.query("SELECT 4::bigint")[0].int(0)
    }
    #expect(
      try await eventually {
        try await client.number(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(1.5)'"
        )
          == 1
      })
    await group.triggerGracefulShutdown()
    #expect(try await transaction == 4)
    try await running.value
    #expect(try await failure { _ = try await client.query("SELECT 1") }.code == .shutDown)
    #expect(!client.isReachable)
  }
}

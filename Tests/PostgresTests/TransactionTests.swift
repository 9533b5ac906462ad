import Postgres
import Telemetry
import TestSupport
import Testing

@Suite("Exclusive connections and transactions", .timeLimit(.minutes(1)))
struct TransactionTests {
  private struct Refused: Error {}

  @Test("A transaction commits when its body returns and rolls back when it throws")
  func commitAndRollback() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      let inserted = try await client.withTransaction { connection in
        try await connection.query("INSERT INTO t VALUES ($1)", [.int(1)]).affectedRows
      }
      #expect(inserted == 1)
      await #expect(throws: Refused.self) {
        try await client.withTransaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES ($1)", [.int(2)])
          throw Refused()
        }
      }
      #expect(try await client.number("SELECT sum(a)::bigint FROM t") == 1)
      let open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
      #expect(try await eventually { try await client.number(open) == 0 })
    }
  }

  @Test("Several statements travel in one round trip; the first failure is thrown and ends them")
  func manyStatements() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      try await client.withTransaction { connection in
        let results = try await connection.queries([
          ("CREATE TABLE t (a bigint PRIMARY KEY)", []),
          ("INSERT INTO t SELECT unnest($1::bigint[])", [.bigintArray([1, 2, 3])]),
          ("SELECT count(*) FROM t", []),
        ])
        #expect(results.map(\.affectedRows) == [0, 3, 1])
        #expect(try results[2][0].int(0) == 3)
      }
      let error = try await failure {
        try await client.withTransaction { connection in
          _ = try await connection.queries([
            ("INSERT INTO t VALUES (4)", []), ("INSERT INTO t VALUES (1)", []), ("SELECT 1", []),
          ])
        }
      }
      #expect(error.code == .sqlState("23505") && error.statement == "INSERT INTO t VALUES (1)")
      #expect(try await client.number("SELECT count(*) FROM t") == 3)
    }
  }

  @Test("A transaction in which an error was swallowed does not pretend to commit")
  func failedTransaction() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      let error = try await failure {
        try await client.withTransaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          _ = try? await connection.query("SELECT 1 / 0")
        }
      }
      #expect(error.code == .sqlState("25P02"))
      #expect(try await client.number("SELECT count(*) FROM t") == 0)
    }
  }

  @Test("A deferred constraint fails the COMMIT")
  func deferredConstraint() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query(
        "CREATE TABLE t (a bigint CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)")
      let error = try await failure {
        try await client.withTransaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1), (1)")
        }
      }
      #expect(error.code == .sqlState("23505") && error.constraint == "late")
    }
  }

  @Test("A transaction without a statement sends nothing, and many fit into a small pool")
  func emptyTransactions() async throws {
    try await withClient(parameters: "connection_limit=3") { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<200 {
          group.addTask { try await client.withTransaction { _ in } }
          group.addTask {
            try await client.withTransaction { connection async throws in
              #expect(try await connection.query("SELECT 1").count == 1)
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("A script runs as a whole, in a transaction or as one of its own")
  func scripts() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      try await client.withConnection { connection in
        try await connection.execute(script: "CREATE TABLE t (a bigint); INSERT INTO t VALUES (1); SELECT 1;")
        #expect(try await connection.query("SELECT a FROM t").count == 1)
        let error = try await failure {
          try await connection.execute(
            script: "INSERT INTO t VALUES (2); SELECT 1 / 0; INSERT INTO t VALUES (3)")
        }
        #expect(error.code == .sqlState("22012") && error.statement == "script")
        #expect(try await connection.query("SELECT a FROM t").count == 1)
        try await connection.execute(script: "")
      }
      await #expect(throws: Refused.self) {
        try await client.withTransaction { connection in
          try await connection.execute(script: "INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)")
          #expect(try await connection.query("SELECT a FROM t").count == 3)
          throw Refused()
        }
      }
      #expect(try await client.number("SELECT count(*) FROM t") == 1)
    }
  }

  @Test("connection_limit is kept, however many callers there are", arguments: [1, 2, 5])
  func connectionLimit(limit: Int) async throws {
    let parameters = "connection_limit=\(limit)&application_name=limit\(limit)"
    try await withClient(parameters: parameters) { client in
      let counted = try await withThrowingTaskGroup(of: Int64.self) { group in
        for _ in 0..<40 {
          group.addTask {
            try await client.withTransaction { connection in
              try await connection.query(
                """
                SELECT count(*) FROM pg_stat_activity, pg_sleep(0.005)
                WHERE application_name = current_setting('application_name')
                """)[0].int(0)
            }
          }
          group.addTask { try await client.number("SELECT 0::bigint") }
        }
        return try await group.reduce(0) { max($0, $1) }
      }
      #expect(counted <= Int64(limit))
      let open =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
      #expect(try await eventually { try await client.number(open) == limit })
    }
  }

  @Test("Nobody waits longer than the request they serve: not for a connection, a statement or a transaction")
  func requestDeadline() async throws {
    try await withClient(parameters: "connection_limit=2&pool_timeout=60") { client in
      let start = ContinuousClock.now
      try await RequestDeadline.within(.milliseconds(200)) {
        let statement = try await failure {
          _ = try await client.query("SELECT pg_sleep(60)", deadline: .seconds(60))
        }
        #expect(statement.code == .deadline)
      }
      try await RequestDeadline.within(.milliseconds(200)) {
        let transaction = try await failure {
          try await client.withTransaction(deadline: .seconds(60)) { connection in
            _ = try await connection.query("SELECT pg_sleep(60)", deadline: .seconds(60))
          }
        }
        #expect(transaction.code == .deadline)
      }
      try await client.withConnection { _ in
        try await RequestDeadline.within(.milliseconds(200)) {
          let wait = try await failure { try await client.withTransaction { _ in } }
          #expect(wait.code == .deadline && wait.isTimeout)
        }
      }
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test("Who waits longer than pool_timeout is told so, and the next one is served")
  func poolTimeout() async throws {
    try await withClient(parameters: "connection_limit=2&pool_timeout=1") { client in
      // The first connection may take its time on a busy machine.
      #expect(try await eventually { (try? await client.withTransaction { _ in }) != nil })
      try await client.withConnection { connection in
        #expect(try await connection.query("SELECT 1").count == 1)
        let started = ContinuousClock.now
        let error = try await failure { try await client.withTransaction { _ in } }
        let waited = ContinuousClock.now - started
        #expect(error.code == .poolTimeout && error.isRetryable && error.isInfrastructure)
        #expect(waited >= .seconds(1) && waited < .seconds(5))
        #expect(try await client.number("SELECT 5::bigint") == 5)
      }
      try await client.withTransaction { _ in }
    }
  }

  @Test("A caller that is cancelled while it waits for a connection leaves the line")
  func cancelledWaiter() async throws {
    try await withClient(parameters: "connection_limit=2&pool_timeout=0") { client in
      try await client.withConnection { connection in
        #expect(try await connection.query("SELECT 1").count == 1)
        let waiter = Task { try await client.withTransaction { _ in } }
        try await Task.sleep(for: .milliseconds(20))
        waiter.cancel()
        #expect(try await failure { try await waiter.value }.code == .cancelled)
      }
      try await client.withTransaction { _ in }
    }
  }

  @Test("Cancellation stops the statement on the server, rolls back and leaves the connection usable")
  func cancellation() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    var settings = PostgresClientSettings()
    settings.cleanupTimeout = .seconds(10)
    try await withClient(url, parameters: "connection_limit=2", settings: settings) { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      let backend = try await client.withConnection {
        try await $0.query("SELECT pg_backend_pid()")[0].int(0)
      }
      let sleeper = Task {
        try await client.withTransaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          _ = try await connection.query("SELECT pg_sleep(20)", deadline: .seconds(30))
        }
      }
      let sleeping =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT pg_sleep(20)' AND state = 'active'"
      #expect(try await eventually { try await client.number(sleeping) == 1 })
      let started = ContinuousClock.now
      sleeper.cancel()
      #expect(try await failure { try await sleeper.value }.code == .cancelled)
      let again = try await client.withConnection { try await $0.query("SELECT pg_backend_pid()")[0].int(0) }
      #expect(again == backend)
      #expect(ContinuousClock.now - started < .seconds(10))
      #expect(try await client.number(sleeping) == 0)
      #expect(try await client.number("SELECT count(*) FROM t") == 0)
    }
  }

  @Test("A statement past its deadline is stopped, and the transaction around it fails")
  func deadline() async throws {
    try await withClient(parameters: "connection_limit=2") { client in
      let error = try await failure {
        try await client.withTransaction { connection in
          let late = try await failure {
            _ = try await connection.query("SELECT pg_sleep(20)", deadline: .milliseconds(50))
          }
          #expect(late.code == .deadline)
          _ = try await connection.query("SELECT 1")
        }
      }
      #expect(error.code == .sqlState("25P02"))
      let whole = try await failure {
        try await client.withTransaction(deadline: .milliseconds(100)) { connection in
          for _ in 0..<100 { _ = try await connection.query("SELECT pg_sleep(0.02)") }
        }
      }
      #expect(whole.code == .deadline)
      try await client.withTransaction { connection async throws in
        #expect(try await connection.query("SELECT 1").count == 1)
      }
    }
  }

  @Test("Cancelling at any moment never hands out a connection that is not clean")
  func cancellationStorm() async throws {
    let url = try await SharedServers.postgres().createDatabase()
    try await withClient(url, parameters: "connection_limit=4") { client in
      _ = try await client.query("CREATE TABLE t (a bigint)")
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<300 {
          let task = Task {
            try await client.withTransaction { connection in
              #expect(try await connection.query("SELECT count(*) FROM t")[0].int(0) == 0)
              _ = try await connection.query("INSERT INTO t VALUES ($1)", [.int(Int64(number))])
              _ = try await connection.query("SELECT pg_sleep(0.002)")
              throw Refused()
            }
          }
          group.addTask {
            try? await Task.sleep(for: .microseconds(100 * (number % 60)))
            task.cancel()
            let error = await #expect(throws: (any Error).self) { try await task.value }
            #expect(
              error is Refused || (error as? PostgresError)?.code == .cancelled,
              "\(String(describing: error))")
          }
        }
      }
      #expect(try await client.number("SELECT count(*) FROM t") == 0)
    }
  }

  @Test("A serialization failure and a deadlock are worth another attempt")
  func retryable() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query("CREATE TABLE t (id bigint PRIMARY KEY, a bigint)")
      _ = try await client.query("INSERT INTO t VALUES (1, 0), (2, 0)")
      let serialization = try await failure {
        try await client.withTransaction { first in
          _ = try await first.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
          _ = try await first.query("SELECT a FROM t")
          _ = try await client.query("UPDATE t SET a = 1 WHERE id = 1")
          _ = try await first.query("UPDATE t SET a = 2 WHERE id = 1")
        }
      }
      #expect(serialization.code == .sqlState("40001") && serialization.isRetryable)
      #expect(!serialization.isInfrastructure)

      let bothHoldTheirRow = Rendezvous(of: 2)
      let errors = await withTaskGroup(of: PostgresError?.self) { group in
        for (own, other) in [(Int64(1), Int64(2)), (2, 1)] {
          group.addTask {
            do {
              try await client.withTransaction { connection in
                _ = try await connection.query("SET LOCAL deadlock_timeout = '50ms'")
                _ = try await connection.query("UPDATE t SET a = 3 WHERE id = $1", [.int(own)])
                await bothHoldTheirRow.arrive()
                _ = try await connection.query("UPDATE t SET a = 4 WHERE id = $1", [.int(other)])
              }
              return nil
            } catch {
              return error as? PostgresError
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }.compactMap(\.self)
      #expect(errors.map(\.code) == [.sqlState("40P01")])
      #expect(errors.allSatisfy { $0.isRetryable })
    }
  }

  @Test("A connection on which the body threw is replaced; one given back keeps no transaction")
  func withConnection() async throws {
    try await withClient(parameters: "connection_limit=2") { client in
      var pids: [Int64] = []
      let pid: PostgresStatement = "SELECT pg_backend_pid()"
      try await client.withConnection { connection in
        _ = try await connection.query("BEGIN")
        pids.append(try await connection.query(pid)[0].int(0))
      }
      await #expect(throws: Refused.self) {
        try await client.withConnection { connection in
          // Refused inside a transaction.
          _ = try await connection.query("VACUUM pg_tablespace")
          pids.append(try await connection.query(pid)[0].int(0))
          _ = try await connection.query("SELECT pg_advisory_lock(1)")
          throw Refused()
        }
      }
      try await client.withConnection { pids.append(try await $0.query(pid)[0].int(0)) }
      #expect(pids[0] == pids[1] && pids[1] != pids[2])
      let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1"
      #expect(try await eventually { try await client.number(locks) == 0 })
    }
  }

  @Test("A connection kept beyond its closure refuses to work")
  func escape() async throws {
    try await withClient { client in
      let escaped = try await client.withConnection { $0 }
      _ = try await client.withConnection { try await $0.query("SELECT 1") }
      let error = try await failure { _ = try await escaped.query("SELECT 1") }
      #expect(error.code == .connectionLost)
    }
  }
}

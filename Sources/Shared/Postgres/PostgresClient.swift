package import Logging
import ServiceLifecycle
internal import Telemetry

/// All access to one Postgres server or set of hosts: pipelined statements, and exclusive connections for
/// transactions.
package final class PostgresClient: Sendable, Service {
  private let reactor: Reactor

  /// A client for `url`. Nothing is connected before the first call or `run()`.
  package init(url: PostgresURL, settings: PostgresClientSettings = .init(), logger: Logger) {
    reactor = Reactor(configuration: ReactorConfiguration(url: url, settings: settings, logger: logger))
  }

  deinit { reactor.stop(isGraceful: false) }

  /// Connects and serves until graceful shutdown (work in flight finishes first) or cancellation (which fails
  /// it). Calls work without it too, but only it ends the connections before the process goes on.
  package func run() async throws {
    reactor.post(.start)
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await reactor.waitUntilEnded()
      } onGracefulShutdown: { [reactor] in
        reactor.stop(isGraceful: true)
      }
    } onCancel: { [reactor] in
      reactor.stop(isGraceful: false)
    }
  }

  /// Whether at least one connection is open. A server that vanished without a word is noticed after seconds.
  package var isReachable: Bool { reactor.isReachable }

  /// Asks the server for a sign of life; throws why there is none.
  package nonisolated(nonsending) func ping(within deadline: Duration) async throws(PostgresError) {
    _ = try await query(Self.ping, deadline: deadline)
  }

  /// Runs one statement in its own implicit transaction on a connection shared with other callers. For
  /// statements with an index-bounded cost: whoever is behind in the line waits.
  ///
  /// A caller that is cancelled or out of time leaves at once; the statement itself may still run. A prepared
  /// plan that a schema change made useless is replaced unnoticed.
  package nonisolated(nonsending) func query(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [], deadline: Duration? = nil
  ) async throws(PostgresError) -> PostgresResult {
    let encoded = try EncodedStatement(statement, parameters)
    let deadline = ContinuousClock.now + (deadline ?? reactor.configuration.defaultDeadline)
    let batch = Batch(
      .statements([encoded]), deadline: RequestDeadline.earlier(of: deadline), isSingle: true)
    let results = try await reactor.run(batch) { .submit(batch) }
    return try results.only(statement)
  }

  /// Lends a connection that nobody else uses meanwhile. One on which `body` threw is replaced, for the
  /// session may not be what it was (locks, settings); otherwise only an open transaction is rolled back.
  package nonisolated(nonsending) func withConnection<Value>(
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let connection = try await borrow(begins: false, until: nil)
    do {
      let value = try await body(connection)
      connection.release(isReusable: true)
      return value
    } catch {
      connection.release(isReusable: false)
      throw error
    }
  }

  /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws or its task is cancelled
  /// before the COMMIT is sent. BEGIN travels with the first statement.
  ///
  /// `deadline` is for all of it, waiting for a connection included. `connectionLost` out of a COMMIT leaves the outcome unknown. Nothing is
  /// repeated: ask `isRetryable`.
  package nonisolated(nonsending) func withTransaction<Value>(
    deadline: Duration? = nil,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let own = deadline.map { ContinuousClock.now + $0 }
    let connection = try await borrow(begins: true, until: own)
    defer { connection.release(isReusable: true) }
    let value = try await body(connection)
    if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before COMMIT") }
    try await connection.commit()
    return value
  }

  private nonisolated(nonsending) func borrow(
    begins: Bool, until own: ContinuousClock.Instant?
  ) async throws(PostgresError) -> PostgresConnection {
    let until = earlier(own, RequestDeadline.instant)
    let request = BorrowRequest(begins: begins, until: until)
    let outcome = await request.call.wait {
      reactor.post(.borrow(request))
    } abandon: { [reactor] in
      reactor.post(.abandonBorrow(request))
    }
    return PostgresConnection(reactor: reactor, lease: try outcome.get(), expiry: until)
  }

  private static let ping = PostgresStatement("ping", "SELECT 1")
}

extension [PostgresResult] {
  func only(_ statement: PostgresStatement) throws(PostgresError) -> PostgresResult {
    guard count == 1 else {
      throw PostgresError(.unexpectedResult, "\(count) results", statement: statement.name)
    }
    return self[0]
  }
}

extension Reactor {
  /// Hands the batch over and waits for its results.
  nonisolated(nonsending) func run(
    _ batch: Batch, _ message: () -> ReactorMessage
  ) async throws(PostgresError) -> [PostgresResult] {
    let outcome = await batch.call.wait {
      post(message())
    } abandon: {
      post(.abandon(batch))
    }
    return try outcome.get()
  }
}

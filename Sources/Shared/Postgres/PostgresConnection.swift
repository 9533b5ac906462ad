/// A connection lent for exclusive use; every call after the end of the closure it was lent to throws.
///
/// Statements run one after another, also when they are called at the same time.
package final class PostgresConnection: Sendable {
  private let reactor: Reactor
  private let lease: LeaseID
  private let expiry: ContinuousClock.Instant?

  init(reactor: Reactor, lease: LeaseID, expiry: ContinuousClock.Instant?) {
    self.reactor = reactor
    self.lease = lease
    self.expiry = expiry
  }

  /// Runs one statement. A deadline or cancellation stops it on the server and fails the transaction around
  /// it.
  package nonisolated(nonsending) func query(
    _ statement: PostgresStatement, _ parameters: [PostgresParameter] = [], deadline: Duration? = nil
  ) async throws(PostgresError) -> PostgresResult {
    try await queries([(statement, parameters)], deadline: deadline).only(statement)
  }

  /// Runs statements in order in one round trip, each with its result. The first that fails is thrown and
  /// those after it do not run; outside a transaction all of them are one.
  package nonisolated(nonsending) func queries(
    _ statements: [(PostgresStatement, [PostgresParameter])], deadline: Duration? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    if statements.isEmpty { return [] }
    var encoded: [EncodedStatement] = []
    encoded.reserveCapacity(statements.count)
    for (statement, parameters) in statements { encoded.append(try EncodedStatement(statement, parameters)) }
    return try await run(.statements(encoded), deadline ?? reactor.configuration.defaultDeadline)
  }

  /// Runs a script of statements separated by semicolons, without parameters and results. Outside a
  /// transaction it is one of its own. Its default deadline is the settings' `exclusiveStatementTimeout`.
  package nonisolated(nonsending) func execute(
    script: String, deadline: Duration? = nil
  ) async throws(PostgresError) {
    guard !script.utf8.contains(0) else {
      throw PostgresError(.unexpectedResult, "a NUL character in a script")
    }
    let limit = deadline ?? reactor.configuration.settings.exclusiveStatementTimeout
    _ = try await run(.script(script), limit)
  }

  /// Commits, or throws what stands in the way. Cancellation does not interrupt it.
  nonisolated(nonsending) func commit() async throws(PostgresError) {
    let batch = try batch(.commit, reactor.configuration.defaultDeadline)
    let outcome = await batch.call.waitIgnoringCancellation {
      reactor.post(.submitExclusive(batch, lease))
    }
    // COMMIT of a failed transaction is answered with success and the tag ROLLBACK.
    guard let result = try outcome.get().first, result.commandTag != "COMMIT" else { return }
    throw PostgresError(
      .sqlState("25P02"), "rolled back: a statement in the transaction failed", statement: "commit")
  }

  /// Gives the connection back; what is left open on it is rolled back without waiting.
  func release(isReusable: Bool) {
    reactor.post(.release(lease, isReusable: isReusable))
  }

  private nonisolated(nonsending) func run(
    _ work: Batch.Work, _ limit: Duration
  ) async throws(PostgresError) -> [PostgresResult] {
    let batch = try batch(work, limit)
    return try await reactor.run(batch) { .submitExclusive(batch, lease) }
  }

  private func batch(_ work: Batch.Work, _ limit: Duration) throws(PostgresError) -> Batch {
    let now = ContinuousClock.now
    if let expiry, expiry <= now { throw PostgresError(.deadline, "the time for the transaction is up") }
    return Batch(work, deadline: expiry.map { min($0, now + limit) } ?? now + limit)
  }
}

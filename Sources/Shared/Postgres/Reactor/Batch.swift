/// Statements that go out together, and the caller that waits for their results.
///
/// `@unchecked Sendable`: `id`, `connection` and `wasRepeated` belong to the reactor thread, which
/// sets them after the batch was posted to it; the rest is immutable.
final class Batch: @unchecked Sendable {
  enum Work: Sendable {
    case statements([EncodedStatement])
    case script(String)
    /// COMMIT; its connection is never cancelled, and its loss leaves the outcome open.
    case commit
    /// ROLLBACK by the pool itself.
    case rollback
  }

  let work: Work
  let deadline: ContinuousClock.Instant
  /// Whether it is one statement by itself, not part of what somebody does on a lent connection.
  let isSingle: Bool
  let call = PendingCall<[PostgresResult]>()

  var id: BatchID?
  var connection: ConnectionID?
  var wasRepeated = false

  init(_ work: Work, deadline: ContinuousClock.Instant, isSingle: Bool = false) {
    self.work = work
    self.isSingle = isSingle
    self.deadline = deadline
  }

  var isCommit: Bool {
    if case .commit = work { true } else { false }
  }

  /// The statement at `index`, for errors.
  func statementName(_ index: Int) -> String? {
    switch work {
    case .statements(let statements):
      statements.indices.contains(index) ? statements[index].statement.name : statements.first?.statement.name
    case .script: "script"
    case .commit: "commit"
    case .rollback: "rollback"
    }
  }

  func fail(_ error: PostgresError) {
    _ = call.complete(.failure(statementName(0).map(error.naming) ?? error))
  }
}

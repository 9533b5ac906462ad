/// One open connection on the reactor thread: writes batches, counts off the answers.
final class Session {
  /// A batch whose answers are complete, or that ended with its connection.
  struct Completion {
    let batch: Batch
    let outcome: Result<[PostgresResult], PostgresError>
  }

  let id: ConnectionID
  let role: ConnectionRole
  let handle: ConnectionHandle
  /// What an exclusive connection is doing; unused by a pipelined one.
  var lease = LeaseStateMachine()
  /// The loan to a single statement, over when that is.
  var statementLease: LeaseID?
  /// Bytes are waiting to be written.
  private(set) var wantsToWrite = false

  private var pipeline = PipelineStateMachine()
  private var prepared: PreparedStatements
  private var batches: [BatchID: Batch] = [:]
  private var results: [PostgresResult] = []
  private var failure: PostgresError?
  private var isRunningScript = false

  init(id: ConnectionID, role: ConnectionRole, handle: ConnectionHandle, statementCapacity: Int) {
    self.id = id
    self.role = role
    self.handle = handle
    prepared = PreparedStatements(capacity: statementCapacity)
  }

  var pendingCount: Int { pipeline.count }
  var nextDeadline: ContinuousClock.Instant? { pipeline.nextDeadline }
  /// Since when the server has been at the batch in front.
  var waitingSince: ContinuousClock.Instant? { pipeline.waitingSince }

  /// Makes the batch known, sent or not, so that it fails with the connection.
  func adopt(_ batch: Batch, as id: BatchID) {
    batch.connection = self.id
    batches[id] = batch
  }

  /// A batch that will not be sent.
  func disown(_ id: BatchID) -> Batch? {
    batches.removeValue(forKey: id)
  }

  /// Writes a batch, a BEGIN in front when so said. False when the connection is broken.
  func send(_ id: BatchID, begins: Bool, now: ContinuousClock.Instant) -> Bool {
    guard let batch = batches[id] else { preconditionFailure("send \(id) in \(batches.keys)") }
    var steps: [PipelineStateMachine.Step] = []
    let isWritten =
      switch batch.work {
      case .statements(let statements):
        (!begins || write(.begin, as: .begin, &steps)) && statements.allSatisfy { write($0, &steps) }
          && handle.sendSync()
      case .commit: write(.commit, as: .run(nil), &steps) && handle.sendSync()
      case .rollback: write(.rollback, as: .run(nil), &steps) && handle.sendSync()
      case .script(let script): write(script: begins ? "BEGIN; \(script)" : script)
      }
    pipeline.send(id, steps, deadline: batch.deadline, now: now)
    return isWritten && flush()
  }

  /// Writes what could not be written before. False when the connection is broken.
  func flush() -> Bool {
    let state = handle.flush()
    wantsToWrite = state == .pending
    return state != .failed
  }

  /// Reads what there is. The batches that are complete are appended; the error says that the connection is
  /// of no more use.
  func read(into completions: inout [Completion], now: ContinuousClock.Instant) -> PostgresError? {
    let isAlive = handle.consumeInput()
    if isAlive, wantsToWrite, !flush() { return lost() }
    if let error = takeResults(&completions, now) { return error }
    return isAlive ? nil : lost()
  }

  /// Nobody waits for the batch any more; when it was sent its answer is still counted off.
  func abandon(_ id: BatchID) {
    if !pipeline.abandon(id) { batches[id] = nil }
  }

  /// Batches in flight whose time is up.
  func expire(now: ContinuousClock.Instant) -> [Batch] {
    pipeline.expire(now: now).compactMap { batches[$0] }
  }

  /// Ends all batches with `error`.
  func failAll(_ error: PostgresError) {
    for batch in batches.values { batch.fail(error) }
    batches = [:]
  }

  private func lost() -> PostgresError { PostgresError(.connectionLost, handle.failure) }
}

extension Session {
  private func write(_ statement: EncodedStatement, _ steps: inout [PipelineStateMachine.Step]) -> Bool {
    switch prepared.plan(statement.statement, types: statement.types) {
    case .unnamed:
      steps.append(.run(nil))
      return handle.send(statement, prepared: nil)
    case .prepared(let name):
      steps.append(.run(name))
      return handle.send(statement, prepared: name)
    case .prepare(let name):
      steps += [.prepare(name), .run(name)]
      return handle.sendPrepare(name, statement) && handle.send(statement, prepared: name)
    }
  }

  private func write(
    _ control: EncodedStatement, as step: PipelineStateMachine.Step,
    _ steps: inout [PipelineStateMachine.Step]
  ) -> Bool {
    steps.append(step)
    return handle.send(control, prepared: nil)
  }

  /// The simple protocol knows several statements at once, the pipeline does not.
  private func write(script: String) -> Bool {
    isRunningScript = true
    return handle.exitPipeline() && handle.sendScript(script)
  }

  private func takeResults(
    _ completions: inout [Completion], _ now: ContinuousClock.Instant
  ) -> PostgresError? {
    var gaps = 0
    while pipeline.count > 0, !handle.isBusy {
      if let result = handle.nextResult() {
        gaps = 0
        if let error = take(result, &completions, now) { return error }
      } else if isRunningScript {
        guard handle.enterPipeline() else { return lost() }
        isRunningScript = false
        apply(pipeline.receive(.sync, now: now), &completions)
      } else {
        // One gap ends each statement; two in a row mean that there is nothing to read.
        gaps += 1
        if gaps > 1 { return nil }
      }
    }
    return nil
  }

  private func take(
    _ result: borrowing ResultHandle, _ completions: inout [Completion], _ now: ContinuousClock.Instant
  ) -> PostgresError? {
    guard let kind = result.kind else { return result.error(statement: nil) }
    if isRunningScript {
      if kind == .failure { failure = failure ?? result.error(statement: "script") }
      return nil
    }
    let batch = pipeline.front.flatMap { batches[$0] }
    switch pipeline.receive(kind, now: now) {
    case .keep: results.append(result.copy())
    case .violation: return PostgresError(.connectionLost, "an answer that was not asked for")
    case .fail(let statement, let step):
      let error = result.error(statement: batch?.statementName(statement))
      failure = error
      forget(step, isStale: error.isStalePlan)
    case let other: apply(other, &completions)
    }
    return nil
  }

  private func apply(_ action: PipelineStateMachine.Action, _ completions: inout [Completion]) {
    switch action {
    case .skip(let step): forget(step, isStale: false)
    case .finish(let id):
      let outcome = failure.map { Result.failure($0) } ?? .success(results)
      results = []
      failure = nil
      if let batch = batches.removeValue(forKey: id) {
        completions.append(Completion(batch: batch, outcome: outcome))
      }
    case .keep, .discard, .fail, .violation: break
    }
  }

  private func forget(_ step: PipelineStateMachine.Step, isStale: Bool) {
    switch step {
    case .prepare(let name): prepared.forget(name)
    case .run(let name?): if isStale { prepared.forget(name) }
    case .run(nil), .begin: break
    }
  }
}

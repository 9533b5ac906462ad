/// One loan of an exclusive connection.
struct LeaseID: Hashable, Sendable {
  let number: Int
}

/// What an exclusive connection is doing: one batch at a time, and never lent again before a cancelled
/// statement has ended, its cancel request is through (it would hit whatever runs then) and no transaction is
/// open.
struct LeaseStateMachine {
  enum Action: Equatable {
    /// Write the batch, a BEGIN in front of it if so said.
    case send(BatchID, begins: Bool)
    /// A COMMIT of a transaction that never began.
    case finishEmpty(BatchID)
    /// The loan is over; nothing was sent.
    case reject(BatchID)
    /// Its time was up before its turn came; nothing was sent.
    case giveUp(BatchID)
    /// Ask the server to stop what is running.
    case requestCancel
    /// Write a ROLLBACK.
    case rollback
    /// Clean and idle: hand it to the pool.
    case giveBack
    /// Not worth cleaning, or not getting clean: replace it.
    case close
  }

  private enum Phase: Equatable {
    case idle
    case lent(LeaseID, begins: Bool)
    case cleaning(until: ContinuousClock.Instant)
  }

  private enum Wire: Equatable {
    case quiet
    case busy(BatchID, isCommit: Bool)
    /// The cancel request is under way, the answer outstanding.
    case cancelling(BatchID)
    /// The cancel request is through, the answer outstanding.
    case cancelled(BatchID)
    /// The answer is in, the cancel request still under way.
    case answered
    case rollingBack
  }

  private struct Waiting {
    let id: BatchID
    let deadline: ContinuousClock.Instant
    let isCommit: Bool
  }

  private var phase = Phase.idle
  private var wire = Wire.quiet
  private var backlog = FIFO<Waiting>()

  /// When `expire` has something to do.
  var nextDeadline: ContinuousClock.Instant? {
    if case .cleaning(let until) = phase { return until }
    return (0..<backlog.count).map { backlog[$0].deadline }.min()
  }

  /// The idle connection is lent; with `begins` a BEGIN goes in front of its first batch.
  mutating func lend(_ lease: LeaseID, begins: Bool) {
    guard case .idle = phase, case .quiet = wire else { preconditionFailure("lend in \(phase), \(wire)") }
    phase = .lent(lease, begins: begins)
  }

  /// The borrower wants a batch run.
  mutating func submit(
    _ id: BatchID, lease: LeaseID, deadline: ContinuousClock.Instant, isCommit: Bool = false
  ) -> [Action] {
    guard case .lent(lease, _) = phase else { return [.reject(id)] }
    let waiting = Waiting(id: id, deadline: deadline, isCommit: isCommit)
    if wire == .quiet { return start(waiting) }
    backlog.append(waiting)
    return []
  }

  /// The answer of the batch on the wire is complete.
  mutating func finished(isInTransaction: Bool) -> [Action] {
    switch wire {
    case .busy, .cancelled: wire = .quiet
    case .cancelling:
      wire = .answered
      return []
    case .rollingBack:
      wire = .quiet
      if isInTransaction { return [.close] }
    case .quiet, .answered: preconditionFailure("finished in \(phase), \(wire)")
    }
    return advance(isInTransaction)
  }

  /// The cancel request has reached the server, or failed to.
  mutating func cancelRequestDone(isInTransaction: Bool) -> [Action] {
    switch wire {
    case .cancelling(let id):
      wire = .cancelled(id)
      return []
    case .answered:
      wire = .quiet
      return advance(isInTransaction)
    case .quiet, .busy, .cancelled, .rollingBack:
      preconditionFailure("cancelRequestDone in \(phase), \(wire)")
    }
  }

  /// The caller of a batch left. A COMMIT is never cancelled: it would be neither here nor there.
  mutating func abandon(_ id: BatchID) -> [Action] {
    _ = backlog.removeAll { $0.id == id }
    guard case .busy(id, let isCommit) = wire else { return [] }
    if isCommit { return [.close] }
    wire = .cancelling(id)
    return [.requestCancel]
  }

  /// The borrower is done; `isReusable` is false after a failure that may have left session state behind.
  mutating func release(
    _ lease: LeaseID, isReusable: Bool, until: ContinuousClock.Instant, isInTransaction: Bool
  ) -> [Action] {
    guard case .lent(lease, _) = phase else { return [] }
    let rejected = backlog.removeAll { _ in true }.map { Action.reject($0.id) }
    phase = .cleaning(until: until)
    guard isReusable else { return rejected + [.close] }
    switch wire {
    case .quiet: return rejected + advance(isInTransaction)
    case .busy(let id, _): return rejected + abandon(id)
    case .cancelling, .cancelled, .answered, .rollingBack: return rejected
    }
  }

  /// Time passed.
  mutating func expire(now: ContinuousClock.Instant) -> [Action] {
    guard case .cleaning(let until) = phase else {
      return backlog.removeAll { $0.deadline <= now }.map { .giveUp($0.id) }
    }
    return until <= now ? [.close] : []
  }

  private mutating func advance(_ isInTransaction: Bool) -> [Action] {
    switch phase {
    case .idle: return []
    case .lent:
      return backlog.popFirst().map { start($0) } ?? []
    case .cleaning:
      if isInTransaction {
        wire = .rollingBack
        return [.rollback]
      }
      phase = .idle
      return [.giveBack]
    }
  }

  private mutating func start(_ waiting: Waiting) -> [Action] {
    guard case .lent(let lease, let begins) = phase else { preconditionFailure("start in \(phase)") }
    if begins, waiting.isCommit { return [.finishEmpty(waiting.id)] }
    phase = .lent(lease, begins: false)
    wire = .busy(waiting.id, isCommit: waiting.isCommit)
    return [.send(waiting.id, begins: begins)]
  }
}

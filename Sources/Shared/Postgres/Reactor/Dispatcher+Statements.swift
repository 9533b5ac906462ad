/// Statements on their way: to a shared connection, to the one that was lent, and back with the answer.
extension Dispatcher {
  func submit(_ batch: Batch, _ now: ContinuousClock.Instant) {
    if batch.call.isAnswered { return }
    if drainUntil != nil { return batch.fail(Self.shutDown) }
    if configuration.limits.pipelined == 0 { return borrow(batch, now) }
    guard let session = pipelined.min(by: { $0.pendingCount < $1.pendingCount }) else {
      if let outage = pool.outage { return batch.fail(outage) }
      guard early.count < configuration.limits.waiters else { return batch.fail(Self.overloaded) }
      earlyDeadline = earlier(earlyDeadline, batch.deadline)
      return early.append(batch)
    }
    guard session.pendingCount < configuration.limits.waiters else { return batch.fail(Self.overloaded) }
    send(batch, session, now)
  }

  func send(_ batch: Batch, _ session: Session, _ now: ContinuousClock.Instant) {
    let id = number(batch)
    session.adopt(batch, as: id)
    if !session.send(id, begins: false, now: now) { close(session, Self.broken(session), now) }
  }

  func submit(_ batch: Batch, _ lease: LeaseID, _ now: ContinuousClock.Instant) {
    if batch.call.isAnswered { return }
    guard let session = lenders[lease].flatMap({ sessions[$0] }) else {
      return batch.fail(
        PostgresError(.connectionLost, "the connection was lost before this statement, or given back"))
    }
    let id = number(batch)
    session.adopt(batch, as: id)
    perform(
      session.lease.submit(id, lease: lease, deadline: batch.deadline, isCommit: batch.isCommit), session, now
    )
  }

  func abandon(_ batch: Batch, _ now: ContinuousClock.Instant) {
    guard let id = batch.id, let session = batch.connection.flatMap({ sessions[$0] }) else { return }
    session.abandon(id)
    guard session.role == .exclusive else { return }
    perform(session.lease.abandon(id), session, now)
    if let lease = session.statementLease { release(lease, isReusable: true, now) }
  }

  func finish(
    _ completion: Session.Completion, _ session: Session, _ now: ContinuousClock.Instant
  ) {
    let batch = completion.batch
    if session.role == .exclusive {
      perform(session.lease.finished(isInTransaction: session.handle.isInTransaction), session, now)
      if let lease = session.statementLease { release(lease, isReusable: true, now) }
    }
    if case .failure(let error) = completion.outcome, error.isStalePlan, batch.isSingle, !batch.wasRepeated {
      // Refused before it ran, so running it again with a new plan is safe.
      batch.wasRepeated = true
      return submit(batch, now)
    }
    _ = batch.call.complete(completion.outcome)
  }

  func number(_ batch: Batch) -> BatchID {
    numbersGiven += 1
    let id = BatchID(number: numbersGiven)
    batch.id = id
    return id
  }

  func expireEarly(_ now: ContinuousClock.Instant) {
    guard let due = earlyDeadline, due <= now else { return }
    for batch in early.removeAll(where: { $0.deadline <= now }) {
      batch.fail(PostgresError(.deadline, "no connection before the deadline"))
    }
    earlyDeadline = (0..<early.count).map { early[$0].deadline }.min()
  }

  func expire(_ session: Session, _ now: ContinuousClock.Instant) {
    guard sessions[session.id] != nil else { return }
    for batch in session.expire(now: now) {
      batch.fail(
        batch.isCommit
          ? PostgresError(.connectionLost, "no answer to COMMIT in time; its outcome is unknown")
          : PostgresError(.deadline, "no answer before the deadline"))
      abandon(batch, now)
    }
    perform(session.lease.expire(now: now), session, now)
    if session.role == .pipelined, let since = session.waitingSince, since + configuration.stallTimeout <= now
    {
      close(session, PostgresError(.connectionLost, "the server stopped answering"), now)
    }
  }
}

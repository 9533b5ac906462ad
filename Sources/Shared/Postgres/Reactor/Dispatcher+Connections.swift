internal import Logging

/// Connections on their way: opened, lent, cleaned, closed.
extension Dispatcher {
  func borrow(_ request: BorrowRequest, _ now: ContinuousClock.Instant) {
    if request.call.isAnswered { return }
    let limit = configuration.poolTimeout.map { now + $0 }
    request.id = borrow(.caller(request), until: earlier(limit, request.until), now)
  }

  /// A single statement takes the place of a borrower when all connections are exclusive ones.
  func borrow(_ batch: Batch, _ now: ContinuousClock.Instant) {
    let limit = configuration.poolTimeout.map { now + $0 }
    _ = borrow(.statement(batch), until: earlier(limit, batch.deadline), now)
  }

  private func borrow(
    _ borrower: Borrower, until: ContinuousClock.Instant?, _ now: ContinuousClock.Instant
  ) -> WaiterID {
    numbersGiven += 1
    let id = WaiterID(number: numbersGiven)
    borrowers[id] = borrower
    perform(pool.request(id, until: until, now: now), now)
    return id
  }

  func abandon(_ request: BorrowRequest) {
    guard let id = request.id, borrowers.removeValue(forKey: id) != nil else { return }
    pool.abandon(id)
  }

  func release(_ lease: LeaseID, isReusable: Bool, _ now: ContinuousClock.Instant) {
    guard let session = lenders.removeValue(forKey: lease).flatMap({ sessions[$0] }) else { return }
    session.statementLease = nil
    let actions = session.lease.release(
      lease, isReusable: isReusable, until: now + configuration.cleanupTimeout,
      isInTransaction: session.handle.isInTransaction)
    perform(actions, session, now)
  }

  func opened(
    _ id: ConnectionID, _ result: Result<ConnectionHandle, PostgresError>, _ now: ContinuousClock.Instant
  ) {
    guard let role = opening.removeValue(forKey: id) else { return }
    switch result {
    case .success(let handle):
      configuration.logger.debug("connected to Postgres", metadata: ["connection": "\(id.number)"])
      let session = Session(
        id: id, role: role, handle: handle, statementCapacity: configuration.statementCapacity)
      sessions[id] = session
      if role == .pipelined { pipelined.append(session) }
      perform(pool.opened(id, now: now), now)
    case .failure(let error):
      configuration.logger.debug("connecting to Postgres failed", metadata: ["error": "\(error.detail)"])
      perform(pool.openFailed(id, error, now: now, jitter: .random(in: 0..<1)), now)
    }
  }

  /// Ends a connection and all that waits for it.
  func close(_ session: Session, _ error: PostgresError, _ now: ContinuousClock.Instant) {
    guard sessions.removeValue(forKey: session.id) != nil else { return }
    configuration.logger.debug(
      "connection to Postgres closed",
      metadata: ["connection": "\(session.id.number)", "error": "\(error.detail)"])
    pipelined.removeAll { $0 === session }
    session.failAll(error)
    lenders = lenders.filter { $0.value != session.id }
    let reason = PostgresError(.notConnected, error.detail)
    perform(pool.lost(session.id, reason, now: now, jitter: .random(in: 0..<1)), now)
  }

  func shutDown(isGraceful: Bool, _ now: ContinuousClock.Instant) {
    drainUntil = isGraceful ? earlier(drainUntil, now + configuration.drainTimeout) : now
    perform(pool.shutDown(), now)
    failEarly(Self.shutDown)
  }

  /// Whether nobody uses a connection any more that the pool itself will not close.
  func isDrained(_ session: Session) -> Bool {
    session.role == .pipelined && session.pendingCount == 0
  }

  func perform(_ actions: [PoolStateMachine.Action], _ now: ContinuousClock.Instant) {
    for action in actions {
      switch action {
      case .open(let id, let role): open(id, role)
      case .close(let id): sessions[id].map { close($0, Self.shutDown, now) }
      case .serve: serveEarly(now)
      case .lend(let id, let waiter): lend(id, waiter, now)
      case .refuse(let waiter, let reason): refuse(waiter, reason, now)
      case .unreachable(let error): failEarly(error)
      }
    }
  }

  func perform(
    _ actions: [LeaseStateMachine.Action], _ session: Session, _ now: ContinuousClock.Instant
  ) {
    for action in actions {
      switch action {
      case .send(let id, let begins):
        if !session.send(id, begins: begins, now: now) { close(session, Self.broken(session), now) }
      case .finishEmpty(let id): _ = session.disown(id)?.call.complete(.success([]))
      case .reject(let id): session.disown(id)?.fail(Self.givenBack)
      case .giveUp(let id): session.disown(id)?.fail(Self.lateBeforeSending)
      case .requestCancel: requestCancel(session, now)
      case .rollback: rollBack(session, now)
      case .giveBack: perform(pool.giveBack(session.id, now: now), now)
      case .close: close(session, PostgresError(.connectionLost, "the connection was given up"), now)
      }
    }
  }
}

extension Dispatcher {
  private func open(_ id: ConnectionID, _ role: ConnectionRole) {
    opening[id] = role
    let opener = configuration.opener(role, mailbox)
    let isStarted = NativeThread.start { [mailbox] in
      let result = Result { () throws(PostgresError) in try opener.open() }
      _ = mailbox.post(.opened(id, result))
    }
    if !isStarted { _ = mailbox.post(.opened(id, .failure(Self.noThread))) }
  }

  private func lend(_ id: ConnectionID, _ waiter: WaiterID, _ now: ContinuousClock.Instant) {
    guard let session = sessions[id] else { preconditionFailure("lend \(id), which is not open") }
    numbersGiven += 1
    let lease = LeaseID(number: numbersGiven)
    switch borrowers.removeValue(forKey: waiter) {
    case .caller(let request):
      session.lease.lend(lease, begins: request.begins)
      lenders[lease] = id
      if !request.call.complete(.success(lease)) { release(lease, isReusable: true, now) }
    case .statement(let batch) where !batch.call.isAnswered:
      session.lease.lend(lease, begins: false)
      session.statementLease = lease
      lenders[lease] = id
      submit(batch, lease, now)
    case .statement, nil:
      perform(pool.giveBack(id, now: now), now)
    }
  }

  private func refuse(_ waiter: WaiterID, _ reason: PoolRefusal, _ now: ContinuousClock.Instant) {
    switch borrowers.removeValue(forKey: waiter) {
    case .caller(let request):
      _ = request.call.complete(.failure(Self.error(reason, waitedUntil: request.until, now)))
    case .statement(let batch): batch.fail(Self.error(reason, waitedUntil: batch.deadline, now))
    case nil: break
    }
  }

  /// Whether the pool's time was up, or the caller's.
  private static func error(
    _ reason: PoolRefusal, waitedUntil limit: ContinuousClock.Instant?, _ now: ContinuousClock.Instant
  ) -> PostgresError {
    if case .timedOut = reason, let limit, limit <= now { return lateBeforeSending }
    return error(reason)
  }

  private func serveEarly(_ now: ContinuousClock.Instant) {
    earlyDeadline = nil
    for batch in early.removeAll(where: { _ in true }) { submit(batch, now) }
  }

  private func failEarly(_ error: PostgresError) {
    earlyDeadline = nil
    for batch in early.removeAll(where: { _ in true }) { batch.fail(error) }
  }

  private func requestCancel(_ session: Session, _ now: ContinuousClock.Instant) {
    let id = session.id
    guard let cancel = session.handle.cancelHandle,
      NativeThread.start({ [mailbox] in
        cancel.send()
        _ = mailbox.post(.cancelRequestDone(id))
      })
    else { return close(session, Self.noThread, now) }
  }

  private func rollBack(_ session: Session, _ now: ContinuousClock.Instant) {
    let batch = Batch(.rollback, deadline: now + configuration.cleanupTimeout)
    let id = number(batch)
    session.adopt(batch, as: id)
    if !session.send(id, begins: false, now: now) { close(session, Self.broken(session), now) }
  }
}

extension Dispatcher {
  static let shutDown = PostgresError(.shutDown, "the client was shut down")
  static let overloaded = PostgresError(.overloaded, "too many statements are waiting")
  static let lateBeforeSending = PostgresError(.deadline, "not sent before the deadline")
  private static let givenBack = PostgresError(.unexpectedResult, "the connection was given back already")
  private static let noThread = PostgresError(.notConnected, "the system has no thread left")

  static func broken(_ session: Session) -> PostgresError {
    PostgresError(.connectionLost, session.handle.failure)
  }

  private static func error(_ reason: PoolRefusal) -> PostgresError {
    switch reason {
    case .timedOut: PostgresError(.poolTimeout, "no connection became free in time")
    case .overloaded: PostgresError(.overloaded, "too many callers are waiting for a connection")
    case .away(let error): error
    case .shutDown: shutDown
    }
  }
}

/// The earlier of two moments, either of which may be never.
func earlier(
  _ left: ContinuousClock.Instant?, _ right: ContinuousClock.Instant?
) -> ContinuousClock.Instant? {
  guard let left, let right else { return left ?? right }
  return min(left, right)
}

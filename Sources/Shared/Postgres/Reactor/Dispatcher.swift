/// Carries out what callers ask for, over the connections the pool decides on. Lives on the reactor thread.
final class Dispatcher {
  /// A statement that borrows an exclusive connection by itself, or a caller that does.
  enum Borrower {
    case caller(BorrowRequest)
    case statement(Batch)
  }

  let configuration: ReactorConfiguration
  let mailbox: Mailbox
  var pool: PoolStateMachine
  var sessions: [ConnectionID: Session] = [:]
  /// Those that take single statements.
  var pipelined: [Session] = []
  var opening: [ConnectionID: ConnectionRole] = [:]
  var borrowers: [WaiterID: Borrower] = [:]
  var lenders: [LeaseID: ConnectionID] = [:]
  /// Single statements that wait for the first pipelined connection.
  var early = FIFO<Batch>()
  var earlyDeadline: ContinuousClock.Instant?
  var numbersGiven = 0
  var drainUntil: ContinuousClock.Instant?
  var hasBegun = false

  init(configuration: ReactorConfiguration, mailbox: Mailbox) {
    self.configuration = configuration
    self.mailbox = mailbox
    pool = PoolStateMachine(limits: configuration.limits)
  }

  var isReachable: Bool { pool.isReachable }

  /// Shut down, and nothing is left to do.
  var isFinished: Bool { drainUntil != nil && sessions.isEmpty }

  /// When `tick` must run again at the latest.
  func nextDeadline() -> ContinuousClock.Instant? {
    var earliest = earlier(pool.nextDeadline, earlier(drainUntil, earlyDeadline))
    for session in sessions.values {
      earliest = earlier(earliest, earlier(session.nextDeadline, session.lease.nextDeadline))
      if session.role == .pipelined {
        earliest = earlier(earliest, session.waitingSince.map { $0 + configuration.stallTimeout })
      }
    }
    return earliest
  }

  func handle(_ message: ReactorMessage, now: ContinuousClock.Instant) {
    switch message {
    case .submit(let batch): submit(batch, now)
    case .submitExclusive(let batch, let lease): submit(batch, lease, now)
    case .abandon(let batch): abandon(batch, now)
    case .borrow(let request): borrow(request, now)
    case .abandonBorrow(let request): abandon(request)
    case .release(let lease, let isReusable): release(lease, isReusable: isReusable, now)
    case .opened(let id, let result): opened(id, result, now)
    case .cancelRequestDone(let id):
      guard let session = sessions[id] else { return }
      perform(session.lease.cancelRequestDone(isInTransaction: session.handle.isInTransaction), session, now)
    case .shutDown(let isGraceful): shutDown(isGraceful: isGraceful, now)
    case .start: break
    }
  }

  /// Time passed.
  func tick(now: ContinuousClock.Instant) {
    advancePool(now)
    expireEarly(now)
    for session in sessions.values { expire(session, now) }
    if let drainUntil {
      for session in sessions.values where drainUntil <= now || isDrained(session) {
        close(session, Self.shutDown, now)
      }
    }
  }

  private func advancePool(_ now: ContinuousClock.Instant) {
    if hasBegun, pool.nextDeadline.map({ $0 > now }) ?? true { return }
    hasBegun = true
    perform(pool.advance(now: now), now)
  }

  /// The socket of a connection is readable, or broken.
  func read(_ session: Session, now: ContinuousClock.Instant) {
    guard sessions[session.id] != nil else { return }
    var completions: [Session.Completion] = []
    let error = session.read(into: &completions, now: now)
    for completion in completions { finish(completion, session, now) }
    if let error { close(session, error, now) }
  }

  /// The socket of a connection takes bytes again.
  func write(_ session: Session, now: ContinuousClock.Instant) {
    guard sessions[session.id] != nil else { return }
    if !session.flush() { close(session, Self.broken(session), now) }
  }
}

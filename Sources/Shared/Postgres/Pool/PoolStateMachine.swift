/// One connection, from the decision to open it to its end. Numbers are never used twice.
struct ConnectionID: Hashable, Sendable {
  let number: Int
}

/// One request for an exclusive connection.
struct WaiterID: Hashable, Sendable {
  let number: Int
}

/// What a connection is opened for.
enum ConnectionRole: Sendable, Equatable {
  /// Shared by all single statements.
  case pipelined
  /// Lent to one borrower at a time.
  case exclusive
}

/// Which connections there are, who waits for one, and whether the server is there at all.
///
/// A server counts as away when the last attempt has failed (or did not last) and no connection is left. From
/// then on everybody is refused at once, until an attempt succeeds; they are made one at a time.
struct PoolStateMachine {
  struct Limits: Sendable, Equatable {
    /// Connections at the same time, those being opened included.
    let connections: Int
    /// How many of them are pipelined. 0: single statements borrow an exclusive one.
    let pipelined: Int
    /// Requests that may wait.
    let waiters: Int
    let backoff: ReconnectBackoff
  }

  enum Action: Equatable {
    case open(ConnectionID, ConnectionRole)
    case close(ConnectionID)
    /// A pipelined connection takes statements from now on.
    case serve(ConnectionID)
    case lend(ConnectionID, WaiterID)
    case refuse(WaiterID, PoolRefusal)
    /// The server is away: nobody's statement can be sent.
    case unreachable(PostgresError)
  }

  fileprivate enum Slot: Equatable {
    case opening(ConnectionRole)
    case pipelined(since: ContinuousClock.Instant)
    case idle(since: ContinuousClock.Instant)
    case lent(since: ContinuousClock.Instant)
  }

  private enum Server: Equatable {
    case unknown
    case reachable
    case away(PostgresError)
  }

  private struct Waiter {
    let id: WaiterID
    let until: ContinuousClock.Instant?
  }

  /// A connection that lasted less than this counts as a failed attempt.
  private static let shortestLife = Duration.seconds(1)

  private let limits: Limits
  private var slots: [ConnectionID: Slot] = [:]
  /// Idle connections, the one used last at the end: it is lent first.
  private var idle: [ConnectionID] = []
  private var waiters = FIFO<Waiter>()
  private var earliestWaiter: ContinuousClock.Instant?
  private var server = Server.unknown
  private var failures = 0
  private var retryAt: ContinuousClock.Instant?
  private var connectionsNamed = 0
  private var isShutDown = false

  init(limits: Limits) {
    self.limits = limits
  }

  /// Whether a connection is open.
  var isReachable: Bool { slots.values.contains { $0.since != nil } }

  /// Why nothing can be sent at the moment, or nil when it can or the first attempt is still under way.
  var outage: PostgresError? {
    if case .away(let error) = server { error } else { nil }
  }

  /// The next moment at which `advance` has something to do; possibly early, never late.
  var nextDeadline: ContinuousClock.Instant? {
    guard let earliestWaiter, let retryAt else { return earliestWaiter ?? retryAt }
    return min(earliestWaiter, retryAt)
  }

  /// Time passed, or it all begins: gives up waiters and opens what is missing.
  mutating func advance(now: ContinuousClock.Instant) -> [Action] {
    expireWaiters(now) + fill(now)
  }

  /// Somebody wants an exclusive connection, until `until` at the latest.
  mutating func request(
    _ id: WaiterID, until: ContinuousClock.Instant?, now: ContinuousClock.Instant
  ) -> [Action] {
    if isShutDown { return [.refuse(id, .shutDown)] }
    if case .away(let error) = server { return [.refuse(id, .away(error))] }
    if let connection = idle.popLast() { return [lend(connection, to: id, now)] }
    guard waiters.count < limits.waiters else { return [.refuse(id, .overloaded)] }
    waiters.append(Waiter(id: id, until: until))
    if let until { earliestWaiter = min(earliestWaiter ?? until, until) }
    return fill(now)
  }

  /// Whoever waited left.
  mutating func abandon(_ id: WaiterID) {
    _ = waiters.removeAll { $0.id == id }
  }

  /// An attempt succeeded.
  mutating func opened(_ id: ConnectionID, now: ContinuousClock.Instant) -> [Action] {
    guard case .opening(let role) = slots[id] else { preconditionFailure("opened \(id) in \(slots)") }
    if isShutDown {
      slots[id] = nil
      return [.close(id)]
    }
    server = .reachable
    retryAt = nil
    switch role {
    case .pipelined:
      slots[id] = .pipelined(since: now)
      return [.serve(id)] + fill(now)
    case .exclusive:
      slots[id] = .idle(since: now)
      return handOver(id, now) + fill(now)
    }
  }

  /// An attempt failed.
  mutating func openFailed(
    _ id: ConnectionID, _ error: PostgresError, now: ContinuousClock.Instant, jitter: Double
  ) -> [Action] {
    slots[id] = nil
    if isShutDown { return [] }
    return backOff(error, now, jitter)
  }

  /// An open connection is gone; `error` is for those who now find none.
  mutating func lost(
    _ id: ConnectionID, _ error: PostgresError, now: ContinuousClock.Instant, jitter: Double
  ) -> [Action] {
    idle.removeAll { $0 == id }
    guard let since = slots.removeValue(forKey: id)?.since else { return [] }
    if isShutDown { return [] }
    if now - since < Self.shortestLife { return backOff(error, now, jitter) }
    failures = 0
    return fill(now)
  }

  /// A clean connection came back.
  mutating func giveBack(_ id: ConnectionID, now: ContinuousClock.Instant) -> [Action] {
    guard case .lent(let since) = slots[id] else { preconditionFailure("giveBack \(id) in \(slots)") }
    if isShutDown {
      slots[id] = nil
      return [.close(id)]
    }
    slots[id] = .idle(since: since)
    return handOver(id, now)
  }

  /// No new requests; idle connections close now, lent ones when they come back.
  mutating func shutDown() -> [Action] {
    isShutDown = true
    retryAt = nil
    let closing = idle.map { Action.close($0) }
    for id in idle { slots[id] = nil }
    idle = []
    return refuseAll(.shutDown) + closing
  }
}

/// Why a request for a connection is refused.
enum PoolRefusal: Equatable {
  case timedOut
  case overloaded
  case away(PostgresError)
  case shutDown
}

extension PoolStateMachine {
  /// Opens what is missing: pipelined connections first, then one for each waiter, within the limit. While
  /// the server is away one at a time.
  private mutating func fill(_ now: ContinuousClock.Instant) -> [Action] {
    guard !isShutDown else { return [] }
    if let retryAt, retryAt > now { return [] }
    retryAt = nil
    if case .away = server {
      return slots.isEmpty ? [open(limits.pipelined > 0 ? .pipelined : .exclusive)] : []
    }
    var actions: [Action] = []
    while count(.pipelined) < limits.pipelined { actions.append(open(.pipelined)) }
    while slots.values.count(where: { $0 == .opening(.exclusive) }) < max(waiters.count, firstContact),
      slots.count < limits.connections
    {
      actions.append(open(.exclusive))
    }
    return actions
  }

  /// Without pipelined connections an exclusive one finds out whether the server is there.
  private var firstContact: Int { limits.pipelined == 0 && slots.isEmpty ? 1 : 0 }

  private func count(_ role: ConnectionRole) -> Int {
    slots.values.count { slot in
      switch slot {
      case .opening(role): true
      case .opening: false
      case .pipelined: role == .pipelined
      case .idle, .lent: role == .exclusive
      }
    }
  }

  private mutating func open(_ role: ConnectionRole) -> Action {
    connectionsNamed += 1
    let id = ConnectionID(number: connectionsNamed)
    slots[id] = .opening(role)
    return .open(id, role)
  }

  private mutating func handOver(_ id: ConnectionID, _ now: ContinuousClock.Instant) -> [Action] {
    if let waiter = waiters.popFirst() { return [lend(id, to: waiter.id, now)] }
    idle.append(id)
    return []
  }

  private mutating func lend(
    _ id: ConnectionID, to waiter: WaiterID, _ now: ContinuousClock.Instant
  ) -> Action {
    slots[id] = .lent(since: slots[id]?.since ?? now)
    return .lend(id, waiter)
  }

  /// Pauses after a failure; several at a time count once. With nothing left to wait for the server is away.
  private mutating func backOff(
    _ error: PostgresError, _ now: ContinuousClock.Instant, _ jitter: Double
  ) -> [Action] {
    if retryAt == nil {
      failures += 1
      retryAt = now + limits.backoff.delay(afterFailures: failures, jitter: jitter)
    }
    guard slots.isEmpty else { return [] }
    server = .away(error)
    return refuseAll(.away(error)) + [.unreachable(error)]
  }

  private mutating func refuseAll(_ reason: PoolRefusal) -> [Action] {
    earliestWaiter = nil
    return waiters.removeAll { _ in true }.map { .refuse($0.id, reason) }
  }

  private mutating func expireWaiters(_ now: ContinuousClock.Instant) -> [Action] {
    guard let due = earliestWaiter, due <= now else { return [] }
    let expired = waiters.removeAll { $0.until.map { $0 <= now } ?? false }
    earliestWaiter = nil
    for place in 0..<waiters.count {
      guard let until = waiters[place].until else { continue }
      earliestWaiter = min(earliestWaiter ?? until, until)
    }
    return expired.map { .refuse($0.id, .timedOut) }
  }
}

extension PoolStateMachine.Slot {
  /// Since when the connection is open; nil while it is being opened.
  fileprivate var since: ContinuousClock.Instant? {
    switch self {
    case .opening: nil
    case .pipelined(let since), .idle(let since), .lent(let since): since
    }
  }
}

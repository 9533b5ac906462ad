/// Decides whether Redis is asked at all: a Redis that is gone or slow must not cost every request its budget.
///
/// Opens when at least half of at least twenty calls within ten seconds failed, or when five in a row found no
/// connection. While open it asks for one probe per second, which no reader waits for; one that succeeds closes it.
struct CircuitBreaker: Sendable {
  /// What a caller may do.
  enum Admission: Equatable, Sendable {
    case allowed
    /// Refused, but somebody is to find out now whether Redis is back.
    case probe
    case refused
  }

  /// How a call ended.
  enum Outcome: Equatable, Sendable {
    case success
    case failure
    /// There was no connection to send it on.
    case noConnection
  }

  /// What a report has brought about.
  enum Change: Equatable, Sendable {
    case opened
    case closed
  }

  private enum State {
    case closed(withoutConnection: Int)
    case open(nextProbe: ContinuousClock.Instant)
  }

  private static let probeInterval = Duration.seconds(1)
  private static let connectFailures = 5

  private var state = State.closed(withoutConnection: 0)
  // Beside the state and not within: taking an array out of an enum copies it, here once per request.
  private var window = FailureWindow()

  /// Whether calls are made without asking twice.
  var isClosed: Bool { if case .closed = state { true } else { false } }

  /// Whether a call may be made now; to be followed by ``record(_:of:now:)`` with what was returned here.
  mutating func admit(now: ContinuousClock.Instant) -> Admission {
    guard case .open(let nextProbe) = state else { return .allowed }
    guard now >= nextProbe else { return .refused }
    state = .open(nextProbe: now + Self.probeInterval)
    return .probe
  }

  /// Takes the result of an admitted call. Late results of calls from before it opened tell nothing new.
  mutating func record(
    _ outcome: Outcome, of admission: Admission, now: ContinuousClock.Instant
  ) -> Change? {
    switch (state, admission) {
    case (.open, .probe):
      guard outcome == .success else { return nil }
      state = .closed(withoutConnection: 0)
      window = FailureWindow()
      return .closed
    case (.closed(let before), _):
      let withoutConnection = outcome == .noConnection ? before + 1 : 0
      window.count(failure: outcome != .success, now: now)
      guard window.isFailing || withoutConnection >= Self.connectFailures else {
        state = .closed(withoutConnection: withoutConnection)
        return nil
      }
      state = .open(nextProbe: now + Self.probeInterval)
      return .opened
    case (.open, .allowed), (.open, .refused):
      return nil
    }
  }
}

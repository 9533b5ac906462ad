import NIOCore

/// The end of a connection, in order: what was answered is flushed, our half is closed, and what the client still sends
/// is read and dropped until it closes its own or its time is up. Closing at once would make the system reset the
/// connection, and the client lose an answer it has not read. While a body is still being sent even our half stays open:
/// clients that see its end give up what they send, and then, some of them, the answer too. Without I/O and clock.
struct ConnectionClosing {
  private enum State {
    case open
    case flushing(since: NIODeadline)
    case lingering(since: NIODeadline, last: NIODeadline)
    case closed
  }

  enum Action: Equatable {
    case none
    case flush
    /// What the client still sends.
    case read
    case closeOutput
    case close
  }

  private let limits: ConnectionLimits
  private var state = State.open
  private var isInputClosed = false
  private var isCutShort = false
  /// Bytes that the system had not taken when it was last looked.
  private var pending = 0

  init(limits: ConnectionLimits) { self.limits = limits }

  /// Whether what comes is still for somebody.
  var isOpen: Bool { if case .open = state { true } else { false } }

  var isLingering: Bool { if case .lingering = state { true } else { false } }

  /// Somebody wants the connection closed, perhaps not as the first.
  ///
  /// - Parameter isCutShort: whether the client was still sending a body when it was answered.
  mutating func begin(now: NIODeadline, isCutShort: Bool = false) -> Action {
    guard isOpen else { return .none }
    self.isCutShort = isCutShort
    state = .flushing(since: now)
    return .flush
  }

  mutating func flushed(now: NIODeadline) -> Action {
    guard case .flushing = state else { return .none }
    state = isInputClosed ? .closed : .lingering(since: now, last: now)
    return isInputClosed ? .close : isCutShort ? .read : .closeOutput
  }

  mutating func inputClosed() -> Action {
    isInputClosed = true
    guard case .lingering = state else { return .none }
    state = .closed
    return .close
  }

  /// Bytes came that nobody wants.
  mutating func dropped(now: NIODeadline) {
    if case .lingering(let since, _) = state { state = .lingering(since: since, last: now) }
  }

  /// When ``lapse(now:pending:)`` is due.
  ///
  /// - Parameter isWritable: whether the client keeps up with what it is sent.
  func deadline(now: NIODeadline, isWritable: Bool) -> NIODeadline? {
    switch state {
    case .open: isWritable ? nil : now + limits.stall
    case .flushing: now + limits.stall
    case .lingering(let since, let last): lingeringEnd(since, last)
    case .closed: nil
    }
  }

  private func lingeringEnd(_ since: NIODeadline, _ last: NIODeadline) -> NIODeadline {
    min(since + limits.linger, last + limits.lingerSilence)
  }

  /// - Parameter pending: bytes that the system has not taken.
  mutating func lapse(now: NIODeadline, pending: Int) -> Action {
    defer { self.pending = pending }
    let isStalled = pending > 0 && pending == self.pending
    switch state {
    case .open, .flushing:
      if isStalled { state = .closed }
      return isStalled ? .close : .none
    case .lingering(let since, let last):
      guard now >= lingeringEnd(since, last) else { return .none }
      state = .closed
      return .close
    case .closed: return .none
    }
  }
}

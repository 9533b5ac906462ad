internal import NIOConcurrencyHelpers

/// What callers and threads tell the reactor.
enum ReactorMessage: Sendable {
  /// Run on a shared connection.
  case submit(Batch)
  /// Run on the connection that was lent.
  case submitExclusive(Batch, LeaseID)
  case abandon(Batch)
  case borrow(BorrowRequest)
  case abandonBorrow(BorrowRequest)
  case release(LeaseID, isReusable: Bool)
  case opened(ConnectionID, Result<ConnectionHandle, PostgresError>)
  case cancelRequestDone(ConnectionID)
  case shutDown(isGraceful: Bool)
  /// Only starts the reactor.
  case start
}

/// A caller that wants an exclusive connection.
///
/// `@unchecked Sendable`: `id` belongs to the reactor thread; the rest is immutable.
final class BorrowRequest: @unchecked Sendable {
  let begins: Bool
  /// When the caller's own time is up; nil waits for `pool_timeout`.
  let until: ContinuousClock.Instant?
  let call = PendingCall<LeaseID>()
  var id: WaiterID?

  init(begins: Bool, until: ContinuousClock.Instant?) {
    self.begins = begins
    self.until = until
  }
}

/// The way into the reactor. Its thread is woken only when it sleeps, and only once.
final class Mailbox: Sendable {
  enum Delivery { case delivered, delivererStartsReader, refused }

  private enum Reader { case absent, awake, asleep, gone }

  private struct State {
    var reader = Reader.absent
    var messages: [ReactorMessage] = []
  }

  private let state = NIOLockedValueBox(State())
  private let pipe = WakePipe()

  /// To poll for, to be woken by a message. Negative when there is none.
  var descriptor: Int32 { pipe.readEnd }

  /// Leaves a message. The first to do so has to start the reader.
  func post(_ message: ReactorMessage) -> Delivery {
    let reader = state.withLockedValue { state -> Reader in
      let reader = state.reader
      guard reader != .gone else { return reader }
      state.messages.append(message)
      state.reader = .awake
      return reader
    }
    switch reader {
    case .absent: return .delivererStartsReader
    case .awake: return .delivered
    case .asleep:
      pipe.wake()
      return .delivered
    case .gone: return .refused
    }
  }

  /// All messages so far, in order.
  func take() -> [ReactorMessage] {
    state.withLockedValue { state in
      defer { state.messages = [] }
      return state.messages
    }
  }

  /// The reader is about to sleep; false when it may not, for there are messages.
  func prepareToSleep() -> Bool {
    state.withLockedValue { state in
      guard state.messages.isEmpty else { return false }
      state.reader = .asleep
      return true
    }
  }

  /// The reader woke up: for a message when `isSignalled`, else for another reason.
  func wokeUp(isSignalled: Bool) {
    state.withLockedValue { $0.reader = .awake }
    if isSignalled { pipe.drain() }
  }

  /// The reader ends, or never begins; what came too late for it is returned.
  func close() -> [ReactorMessage] {
    state.withLockedValue { state in
      state.reader = .gone
      defer { state.messages = [] }
      return state.messages
    }
  }

  /// Closes if no reader was ever needed.
  func closeUnlessRead() -> Bool {
    state.withLockedValue { state in
      guard state.reader == .absent else { return false }
      state.reader = .gone
      return true
    }
  }

  /// Whether the reader has ended.
  var isClosed: Bool { state.withLockedValue { $0.reader == .gone } }
}

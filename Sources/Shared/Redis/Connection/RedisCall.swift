internal import NIOConcurrencyHelpers
internal import NIOCore

/// One caller waiting for one reply (a pipeline's is an array), from before it is written until it is
/// answered, times out or is cancelled, whichever comes first. Everything after that is ignored.
final class RedisCall: Sendable {
  typealias Outcome = Result<RedisReply, RedisError>

  /// Who is told. What is called must return at once: it is the connection's event loop that waits.
  typealias Waiter = @Sendable (Outcome) -> Void

  private enum State {
    case created
    case waiting(Waiter)
    /// Answered, timed out or cancelled; possibly before anybody waited.
    case finished
  }

  let request: ByteBuffer
  /// The number of commands in the request, and so of replies.
  let replies: Int
  let limit: RedisTimeLimit
  private let state = NIOLockedValueBox(State.created)

  init(request: ByteBuffer, replies: Int, limit: RedisTimeLimit) {
    self.request = request
    self.replies = replies
    self.limit = limit
  }

  /// False if the call is finished already and need not be written.
  var isWaiting: Bool {
    state.withLockedValue { if case .waiting = $0 { true } else { false } }
  }

  /// The caller begins to wait. False if it was cancelled before; it has been told so.
  func wait(_ waiter: @escaping Waiter) -> Bool {
    let isWaiting = state.withLockedValue { state in
      guard case .created = state else { return false }
      state = .waiting(waiter)
      return true
    }
    if !isWaiting { waiter(.failure(Self.cancellation)) }
    return isWaiting
  }

  func finish(_ outcome: Outcome) {
    let waiter: Waiter? = state.withLockedValue { state in
      defer { state = .finished }
      return if case .waiting(let waiter) = state { waiter } else { nil }
    }
    waiter?(outcome)
  }

  func cancel() { finish(.failure(Self.cancellation)) }

  private static let cancellation = RedisError(.cancelled, "the calling task was cancelled")
}

extension RedisCall: Equatable {
  static func == (left: RedisCall, right: RedisCall) -> Bool { left === right }
}

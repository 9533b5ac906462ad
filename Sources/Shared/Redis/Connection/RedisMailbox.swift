internal import NIOConcurrencyHelpers

/// Hands calls from any thread to the connection's event loop. Only the first call of a batch wakes the loop,
/// which then writes the whole batch at once.
final class RedisMailbox: Sendable {
  private enum State {
    case open([RedisCall])
    case closed(RedisError)
  }

  enum AddAction {
    /// A drain is already on its way.
    case none
    case scheduleDrain
    case refuse(RedisError)
  }

  private let state = NIOLockedValueBox(State.open([]))

  func add(_ call: RedisCall) -> AddAction {
    state.withLockedValue { state in
      guard case .open(var calls) = state else { return .refuse(Self.closure(of: state)) }
      state = .open([])
      calls.append(call)
      state = .open(calls)
      return calls.count == 1 ? .scheduleDrain : .none
    }
  }

  func takeAll() -> [RedisCall] {
    state.withLockedValue { state in
      guard case .open(let calls) = state else { return [] }
      state = .open([])
      return calls
    }
  }

  /// Refuses calls from now on, with `error`; gives those not taken yet.
  func close(_ error: RedisError) -> [RedisCall] {
    state.withLockedValue { state in
      guard case .open(let calls) = state else { return [] }
      state = .closed(error)
      return calls
    }
  }

  var isOpen: Bool {
    state.withLockedValue { if case .open = $0 { true } else { false } }
  }

  private static func closure(of state: State) -> RedisError {
    if case .closed(let error) = state { error } else { preconditionFailure("closure of an open mailbox") }
  }
}

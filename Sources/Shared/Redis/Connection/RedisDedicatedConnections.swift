internal import NIOConcurrencyHelpers

/// The dedicated connections in use, so that a shutdown reaches them.
final class RedisDedicatedConnections: Sendable {
  private enum State {
    case open([ObjectIdentifier: RedisConnection])
    case shutDown
  }

  private let state = NIOLockedValueBox(State.open([:]))

  static let refusal = RedisError(.shutDown, "the client is shutting down")

  var isOpen: Bool {
    state.withLockedValue { if case .open = $0 { true } else { false } }
  }

  /// False after ``shutDown()``.
  func add(_ connection: RedisConnection) -> Bool {
    state.withLockedValue { state in
      guard case .open(var connections) = state else { return false }
      connections[ObjectIdentifier(connection)] = connection
      state = .open(connections)
      return true
    }
  }

  func remove(_ connection: RedisConnection) {
    state.withLockedValue { state in
      guard case .open(var connections) = state else { return }
      connections[ObjectIdentifier(connection)] = nil
      state = .open(connections)
    }
  }

  /// Refuses new ones and drains those in use.
  func shutDown() {
    let connections: [RedisConnection] = state.withLockedValue { state in
      defer { state = .shutDown }
      return if case .open(let connections) = state { Array(connections.values) } else { [] }
    }
    for connection in connections { connection.drain() }
  }
}

internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import ServiceLifecycle

/// Keeps one pipelined connection up on one event loop.
final class RedisSupervisor: Sendable {
  private enum State {
    case down(RedisError)
    case up(RedisConnection)
    case shutDown
  }

  let eventLoop: any EventLoop
  private let connector: RedisConnector
  private let logger: Logger
  private let state = NIOLockedValueBox(State.down(RedisError(.notConnected, "not connected yet")))

  init(eventLoop: any EventLoop, connector: RedisConnector, logger: Logger) {
    self.eventLoop = eventLoop
    self.connector = connector
    self.logger = logger
  }

  /// The connection if it takes commands.
  var connection: RedisConnection? {
    let connection: RedisConnection? = state.withLockedValue {
      if case .up(let connection) = $0 { connection } else { nil }
    }
    return connection?.isOpen == true ? connection : nil
  }

  /// Why there is no connection.
  var refusal: RedisError {
    state.withLockedValue {
      switch $0 {
      case .down(let error): RedisError(.notConnected, error.detail)
      case .up: RedisError(.notConnected, "the connection has just been lost")
      case .shutDown: RedisError(.shutDown, "the client is shutting down")
      }
    }
  }

  /// Connects again and again until shut down or cancelled.
  func run(becameReady: @Sendable () -> Void) async {
    var backoff = RedisReconnectBackoff(connector.settings.reconnectBackoff)
    while !isShutDown, !Task.isCancelled {
      do {
        let connection = try await cancelWhenGracefulShutdown { [connector, eventLoop] in
          try await connector.connect(on: eventLoop)
        }
        let connectedAt = ContinuousClock.now
        await hold(connection, becameReady)
        backoff.connectionEnded(after: .now - connectedAt)
      } catch {
        failed(error)
      }
      await pause(backoff.next(jitter: .random(in: 0...1)))
    }
    shutDown()
  }

  /// Refuses commands from now on and lets those under way finish.
  func shutDown() {
    let connection: RedisConnection? = state.withLockedValue { state in
      defer { state = .shutDown }
      return if case .up(let connection) = state { connection } else { nil }
    }
    connection?.drain()
  }

  private var isShutDown: Bool {
    state.withLockedValue { if case .shutDown = $0 { true } else { false } }
  }

  private func hold(_ connection: RedisConnection, _ becameReady: () -> Void) async {
    guard publish(connection) else { return connection.close() }
    logger.debug("Connected to Redis", metadata: ["redis.url": "\(connector.url)"])
    becameReady()
    await withTaskCancellationHandler {
      // Fails only when the close itself fails; the connection is gone either way.
      try? await connection.closeFuture.get()
    } onCancel: {
      connection.close()
    }
    failed(RedisError(.notConnected, "the connection was lost"))
  }

  private func publish(_ connection: RedisConnection) -> Bool {
    state.withLockedValue { state in
      if case .shutDown = state { return false }
      state = .up(connection)
      return true
    }
  }

  private func failed(_ error: any Error) {
    let reason = error as? RedisError ?? RedisError(.notConnected, "\(error)")
    let isShutDown = state.withLockedValue { state in
      if case .shutDown = state { return true }
      state = .down(reason)
      return false
    }
    guard !isShutDown else { return }
    logger.debug("No connection to Redis", metadata: ["redis.url": "\(connector.url)", "error": "\(reason)"])
  }

  /// By the event loop's timer, which the connections depend on anyway.
  private func pause(_ duration: Duration) async {
    let wakeUp = eventLoop.makePromise(of: Void.self)
    let timer = eventLoop.scheduleTask(in: TimeAmount(duration)) { wakeUp.succeed() }
    defer { timer.cancel() }
    await withTaskCancellationOrGracefulShutdownHandler {
      // Never fails; being cut short by cancellation or shutdown is what the caller's loop looks at next.
      try? await wakeUp.futureResult.get()
    } onCancelOrGracefulShutdown: {
      wakeUp.succeed()
    }
  }
}

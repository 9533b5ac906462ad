package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Redis for one process: a pipelined connection per event loop, shared by all callers, and dedicated ones on
/// demand.
///
/// ``run()`` must be running; until it has connected, and whenever Redis is away, commands fail at once with
/// ``RedisError/Code/notConnected``. Nothing is queued and nothing is ever sent twice, scripts answered
/// `NOSCRIPT` excepted, which have not run.
///
/// A call that times out or is cancelled may still run on the server, see ``RedisError/outcomeIsUnknown``.
package final class RedisClient: Sendable {
  private let connector: RedisConnector
  private let supervisors: [RedisSupervisor]
  private let dedicated = RedisDedicatedConnections()
  private let nextSupervisor = Atomic<Int>(0)
  private let waiters = NIOLockedValueBox<[EventLoopPromise<Void>]>([])

  package init(
    url: RedisURL, settings: RedisClientSettings = .init(),
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
  ) {
    let connector = RedisConnector(url: url, settings: settings)
    self.connector = connector
    supervisors = eventLoopGroup.makeIterator().map {
      RedisSupervisor(eventLoop: $0, connector: connector, logger: logger)
    }
  }
}

// MARK: - Life

extension RedisClient: Service {
  /// Keeps the connections up. Returns after a graceful shutdown, which waits for replies under way, or when
  /// cancelled, which does not.
  package func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for supervisor in supervisors {
          group.addTask { await supervisor.run { self.becameReady() } }
        }
      }
    } onGracefulShutdown: {
      for supervisor in self.supervisors { supervisor.shutDown() }
      self.dedicated.shutDown()
    }
    dedicated.shutDown()
  }

  /// Whether at least one connection takes commands.
  package var isConnected: Bool { supervisors.contains { $0.connection != nil } }

  /// Returns as soon as commands can be sent; throws ``RedisError/Code/notConnected`` with the cause when
  /// that takes longer than `limit`.
  package func waitUntilConnected(within limit: Duration) async throws(RedisError) {
    let eventLoop = supervisors[0].eventLoop
    let connected = eventLoop.makePromise(of: Void.self)
    waiters.withLockedValue { $0.append(connected) }
    becameReady()
    let timeout = eventLoop.scheduleTask(in: TimeAmount(limit)) {
      connected.fail(self.supervisors[0].refusal)
    }
    defer { timeout.cancel() }
    do {
      try await withTaskCancellationHandler {
        try await connected.futureResult.get()
      } onCancel: {
        connected.fail(RedisError(.cancelled, "the calling task was cancelled"))
      }
    } catch {
      throw error as? RedisError ?? RedisError(.notConnected, "\(error)")
    }
  }

  /// `<run_id>|<master_replid>` of the server, as it said last. Nil while unknown, and while the
  /// connections disagree, as they may for a moment during a failover.
  package var serverName: String? {
    let names = Set(supervisors.compactMap(\.connection).map(\.serverName))
    return names.count == 1 ? names.first ?? nil : nil
  }

  private func becameReady() {
    // A connection may be lost again before its supervisor came to say that it was ready.
    guard isConnected else { return }
    let ready = waiters.withLockedValue { waiters in
      defer { waiters = [] }
      return waiters
    }
    for waiter in ready { waiter.succeed() }
  }
}

// MARK: - Commands

extension RedisClient {
  /// Sends one command and waits for its reply; an error reply is thrown.
  package func execute(
    _ command: RedisCommand, timeout: Duration? = nil
  ) async throws(RedisError) -> RedisReply {
    try await connection().execute(command, timeout: timeout)
  }

  /// Sends the commands in one write and waits for all replies, which come in the same order. Error replies
  /// stay in the array: one command's failure says nothing about the others. Not a transaction.
  package func pipeline(
    _ commands: [RedisCommand], timeout: Duration? = nil
  ) async throws(RedisError) -> [RedisReply] {
    try await connection().pipeline(commands, timeout: timeout)
  }

  /// Runs a script, sending its source only if the server does not know it; an error reply is thrown.
  package func evaluate(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], timeout: Duration? = nil
  ) async throws(RedisError) -> RedisReply {
    try await connection().evaluate(script, keys: keys, arguments: arguments, timeout: timeout)
  }

  /// Runs scripts in one write. Those the server does not know, and only those, are sent a second time with
  /// their source, all within one timeout; so these may run after calls that stand behind them in the array.
  /// Error replies stay in the array.
  package func evaluate(
    _ calls: [RedisScriptCall], timeout: Duration? = nil
  ) async throws(RedisError) -> [RedisReply] {
    try await connection().evaluate(calls, timeout: timeout)
  }

  /// Lends a new connection of its own, for commands that block or change the connection; closes it
  /// afterwards. Does not need ``run()``, but a graceful shutdown of it ends these connections too.
  package func withDedicatedConnection<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (RedisConnection) async throws -> Result
  ) async throws -> Result {
    guard dedicated.isOpen else { throw RedisDedicatedConnections.refusal }
    let connection = try await connector.connect(on: supervisors[turn()].eventLoop)
    defer {
      dedicated.remove(connection)
      connection.close()
    }
    guard dedicated.add(connection) else { throw RedisDedicatedConnections.refusal }
    return try await body(connection)
  }

  /// One of the shared connections, for who must know which server answered: the caller's own event loop's, which saves
  /// a thread switch each way; else the next in turn. For commands that neither block nor change the connection.
  package func connection() throws(RedisError) -> RedisConnection {
    if let here = MultiThreadedEventLoopGroup.currentEventLoop, let connection = connection(on: here) {
      return connection
    }
    let first = turn()
    for offset in supervisors.indices {
      if let connection = supervisors[(first + offset) % supervisors.count].connection { return connection }
    }
    throw supervisors[first].refusal
  }

  /// The shared connection of that event loop, if it takes commands.
  package func connection(on eventLoop: any EventLoop) -> RedisConnection? {
    supervisors.first { $0.eventLoop === eventLoop }?.connection
  }

  private func turn() -> Int {
    let turn = UInt(bitPattern: nextSupervisor.wrappingAdd(1, ordering: .relaxed).oldValue)
    return Int(turn % UInt(supervisors.count))
  }
}

package import Keyspace
package import Logging
internal import NIOConcurrencyHelpers
package import Redis
internal import Synchronization
internal import Telemetry

/// Read-through cache over Redis that is never stale after an acknowledged write.
///
/// Each group of answers has an epoch in Redis; a value counts only while it carries the current one. An invalidation
/// replaces the epoch, so one small write drops every page and list, and a fill that began before it is refused. And it
/// counts only while a relay vouches for this server of Redis: see ``extendTrust(since:lessening:timeline:)``.
/// Without Redis every answer comes from the database.
package final class Cache: Sendable {
  /// Loads an answer from the database. It must not depend on who asks: others get what it returns.
  package typealias Load = @Sendable (CacheLoadSource) async throws -> CacheLoad

  package let settings: CacheSettings
  let keys: CacheKeys
  let server: CacheServer
  let loads = Flights<FlightKey, LoadedValue>()
  let waits = Flights<FlightKey, WaitedValue>()
  let directLoads: DirectLoads<String, LoadedValue>
  let refreshes = NIOLockedValueBox<Set<FlightKey>>([])
  let observe: @Sendable (CacheEvent) -> Void
  let logger: Logger
  let trusts = Atomic(true)
  let trustTold = NIOLockedValueBox<ContinuousClock.Instant?>(nil)
  private let breaker = NIOLockedValueBox(CircuitBreaker())

  /// - Parameter observe: gets what happens behind the answers, for metrics; it must not block.
  package convenience init(
    redis: RedisClient, settings: CacheSettings = CacheSettings(), keys: CacheKeys = CacheKeys(),
    logger: Logger,
    observe: @escaping @Sendable (CacheEvent) -> Void = { _ in }
  ) {
    self.init(
      server: CacheServer(redis: redis, scripts: .bundled, acceptsUnverified: settings.mode == .available),
      settings: settings, keys: keys, logger: logger,
      observe: observe)
  }

  init(
    server: CacheServer, settings: CacheSettings, keys: CacheKeys, logger: Logger,
    observe: @escaping @Sendable (CacheEvent) -> Void
  ) {
    self.server = server
    self.settings = settings
    self.keys = keys
    self.logger = logger
    self.observe = observe
    directLoads = DirectLoads(limit: settings.maximumDirectLoads)
  }

  /// Runs one command of a read under the breaker, within ``CacheSettings/redisBudget``.
  ///
  /// - Throws: ``CacheError/Code/overloaded`` when Redis answers, but others have asked for more than it can; no database
  ///   could do better. `CancellationError`. A failure of Redis is a result, so that a load's errors stay apart.
  func ask<Reply>(_ command: (Duration) async throws(RedisError) -> Reply) async throws
    -> Result<Reply, CacheBypass>
  {
    switch breaker.withLockedValue({ $0.admit(now: .now) }) {
    case .allowed: break
    case .probe:
      // Bare task: whether Redis is back is not for this reader to wait for. Its own timeout bounds it.
      Task { await RequestDeadline.without { await probe() } }
      return .failure(CacheBypass(.breakerOpen))
    case .refused: return .failure(CacheBypass(.breakerOpen))
    }
    do {
      let reply = try await command(settings.redisBudget)
      succeeded()
      return .success(reply)
    } catch {
      switch error.code {
      case .cancelled: throw CancellationError()
      case .tooManyCommands: throw CacheError(.overloaded, error.detail)
      default: return .failure(failed(error))
      }
    }
  }

  /// Whether the breaker would let a command through; asks for no probe.
  var isBreakerClosed: Bool { breaker.withLockedValue { $0.isClosed } }

  /// A command of a read was answered.
  func succeeded() { record(.success, of: .allowed) }

  /// A command of a read failed.
  ///
  /// - Returns: what the read is to say of it.
  func failed(_ error: RedisError) -> CacheBypass {
    record(CircuitBreaker.Outcome(error), of: .allowed)
    let bypass = CacheBypass(error)
    observe(.redisFailed(bypass.reason))
    logger.debug("cache read failed", metadata: ["error": "\(error)"])
    return bypass
  }

  private func probe() async {
    do throws(RedisError) {
      _ = try await server.redis.execute(RedisCommand("PING"), timeout: settings.redisBudget)
      record(.success, of: .probe)
    } catch {
      record(CircuitBreaker.Outcome(error), of: .probe)
    }
  }

  private func record(_ outcome: CircuitBreaker.Outcome, of admission: CircuitBreaker.Admission) {
    switch breaker.withLockedValue({ $0.record(outcome, of: admission, now: .now) }) {
    case .opened: observe(.breakerOpened)
    case .closed: observe(.breakerClosed)
    case nil: break
    }
  }
}

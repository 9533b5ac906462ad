import Cache
import Conversations
import Keyspace
import Logging
import Redis
import TestSupport

@testable import RateLimit

/// A Redis client and a cache over it, which limiters ask.
struct RateRig: Sendable {
  let redis: RedisClient
  let cache: Cache
  let keys = RateKeys(prefix: "test-\(UInt64.random(in: 0 ... .max)):")
  let subject = RateSubject.user(UserID(stored: "auth0|somebody"))

  /// Runs `body` with a connected client.
  static func with(
    url: String? = nil, budget: Duration = .seconds(10), _ body: @Sendable (RateRig) async throws -> Void
  ) async throws {
    let address = if let url { url } else { try await SharedServers.redis().url }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let redis = RedisClient(url: try RedisURL(address), logger: logger)
    var settings = CacheSettings()
    settings.redisBudget = budget
    let cache = Cache(redis: redis, settings: settings, logger: logger)
    try await withThrowingTaskGroup { group in
      group.addTask { try await redis.run() }
      try await redis.waitUntilConnected(within: .seconds(10))
      try await body(RateRig(redis: redis, cache: cache))
      group.cancelAll()
    }
  }

  private init(redis: RedisClient, cache: Cache) {
    self.redis = redis
    self.cache = cache
  }

  func limiter(
    _ quota: Quota, onStoreError: RateLimiter.OnStoreError = .local,
    observe: @escaping @Sendable (RateLimiter.Event) -> Void = { _ in }
  ) -> RateLimiter {
    RateLimiter(quota, cache: cache, keys: keys, onStoreError: onStoreError, observe: observe)
  }

  /// What the real scripts decide at moments of the test's own choosing, which they take for the server's time.
  func decide(_ quota: Quota, at moments: [Microseconds], for subject: RateSubject) async throws
    -> [RateDecision]
  {
    let limiter = limiter(quota)
    let calls = moments.map { moment in
      let call = limiter.call(for: subject)
      return RedisScriptCall(
        quota.usesLog ? Self.log : Self.counter, keys: call.keys,
        arguments: call.arguments + [RedisArgument(moment)])
    }
    var decisions: [RateDecision] = []
    for start in stride(from: 0, to: calls.count, by: 500) {
      for reply in try await redis.evaluate(
        Array(calls[start..<min(start + 500, calls.count)]), timeout: .seconds(30))
      {
        guard let decision = RateDecision(try reply.get()) else {
          throw RedisError(.unexpectedReply, "\(reply)")
        }
        decisions.append(decision)
      }
    }
    return decisions
  }

  private static let log = withOwnClock("log")
  private static let counter = withOwnClock("counter")

  private static func withOwnClock(_ name: String) -> RedisScript {
    let clock = "redis.call('TIME')"
    let shared = RateScripts.source(of: "shared")
    precondition(shared.contains(clock), "the scripts do not ask for the time as this test expects")
    return RedisScript(
      name: name, source: RateScripts.source(of: name),
      including: shared.replacing(clock, with: "{ 0, ARGV[4] }"))
  }
}

/// SplitMix64: random choices that a seed repeats.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// By `FRESHET_SEED`, or another one each time.
  static func seed(_ environment: String?) -> UInt64 {
    environment.flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)
  }

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

internal import Keyspace
internal import NIOCore
internal import Redis

/// The commands of the cache, each one round trip, none ever sent twice.
struct CacheServer: Sendable {
  let redis: RedisClient
  let scripts: CacheScripts
  let clock = RedisClock()

  func look(at entry: CacheEntry, timeout: Duration) async throws(RedisError) -> CacheVerdict {
    let reply = try await redis.execute(entry.lookup, timeout: timeout)
    guard let verdict = CacheVerdict(reply, now: clock.now) else { throw Self.unexpected("MGET") }
    return verdict
  }

  func acquire(
    _ entry: CacheEntry, leaseDuration: Duration, timeout: Duration
  ) async throws(RedisError) -> Acquisition {
    let token = CacheEpoch.random().text
    let reply = try await redis.evaluate(
      scripts.acquire, keys: entry.scriptKeys,
      arguments: [
        RedisArgument(token), RedisArgument(Int(leaseDuration.milliseconds)),
        RedisArgument(CacheEpoch.random().text),
      ], timeout: timeout)
    guard let acquisition = Acquisition(reply, token: token) else { throw Self.unexpected("acquire") }
    observeTime(reply)
    return acquisition
  }

  /// Takes the lease for a refresh, which leaves the value in place; nil when somebody else has it.
  func claimRefresh(
    _ entry: CacheEntry, _ record: EpochRecord, leaseDuration: Duration, timeout: Duration
  ) async throws(RedisError) -> CacheLease? {
    let lease = CacheLease(epoch: record.epoch, floor: record.floor, token: CacheEpoch.random().text)
    let reply = try await redis.execute(
      RedisCommand(
        "SET", RedisArgument(entry.leaseKey), RedisArgument("\(lease.epoch.text)|\(lease.token)"), "NX", "PX",
        RedisArgument(Int(leaseDuration.milliseconds))), timeout: timeout)
    return reply.isNull ? nil : lease
  }

  /// - Parameter value: nil gives the lease back and stores nothing.
  func fill(
    _ entry: CacheEntry, _ lease: CacheLease, _ value: StorableValue?, timeout: Duration
  ) async throws(RedisError) -> CacheEvent.FillOutcome {
    let reply = try await redis.evaluate(
      scripts.fill, keys: entry.scriptKeys,
      arguments: [
        RedisArgument(lease.epoch.text), RedisArgument(lease.token),
        RedisArgument(value?.lsn?.lowercaseHex ?? "?"), value?.isFromPrimary == true ? "1" : "0",
        RedisArgument(value?.bytes ?? ByteBuffer()), RedisArgument(value?.timeToLive ?? 0),
      ], timeout: timeout)
    guard let outcome = reply.array?.first?.string.flatMap(CacheEvent.FillOutcome.init) else {
      throw Self.unexpected("fill")
    }
    observeTime(reply)
    return outcome
  }

  /// Sends one invalidation per group, each with an epoch of its own, and returns the groups not confirmed.
  func invalidate(
    _ groups: Set<CacheGroup>, lsn: UInt64?, keys: CacheKeys, timeout: Duration
  ) async throws(RedisError) -> Set<CacheGroup> {
    let ordered = Array(groups)
    let calls = ordered.map { group in
      RedisScriptCall(
        scripts.invalidate, keys: [RedisArgument(keys.epoch(of: group))],
        arguments: [RedisArgument(CacheEpoch.random().text), RedisArgument(lsn?.lowercaseHex ?? "?")])
    }
    let replies = try await redis.evaluate(calls, timeout: timeout)
    return Set(zip(ordered, replies).filter { $0.1.string != "OK" && $0.1.string != "ABSENT" }.map(\.0))
  }

  private func observeTime(_ reply: RedisReply) {
    if let time = reply.array?.dropFirst().first?.integer { clock.observe(time) }
  }

  private static func unexpected(_ what: String) -> RedisError {
    RedisError(.unexpectedReply, "the reply to \(what) has another form")
  }
}

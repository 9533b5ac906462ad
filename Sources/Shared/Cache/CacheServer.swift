internal import Keyspace
internal import NIOCore
internal import Redis

/// The commands of the cache, each one round trip, none ever sent twice.
struct CacheServer: Sendable {
  let redis: RedisClient
  let scripts: CacheScripts
  /// Whether what cannot be verified is served all the same: `CACHE_MODE=available`.
  var acceptsUnverified = false
  let clock = RedisClock()

  /// One look, with the answer to the gate's question if one was put.
  func look(
    at entry: CacheEntry, behind gate: (any ReadGate)? = nil, timeout: Duration
  ) async throws(RedisError) -> (verdict: CacheVerdict, passage: RedisReply?) {
    let connection = try redis.connection()
    let gated = try await connection.pipeline([entry.lookup], behind: gate, timeout: timeout)
    return (try judge(lookup: gated.replies, from: connection), gated.passage)
  }

  /// The same for a reader that may have the body; no verdict when it has not, and all of it is to be looked at.
  func glance(
    at entry: CacheEntry, for terms: ReadTerms, timeout: Duration
  ) async throws(RedisError) -> (verdict: CacheVerdict?, passage: RedisReply?) {
    let connection = try redis.connection()
    let gated = try await connection.pipeline(entry.glance, behind: terms.gate, timeout: timeout)
    return (try judge(glance: gated.replies, for: terms, from: connection), gated.passage)
  }

  func judge(
    lookup replies: ArraySlice<RedisReply>, from connection: RedisConnection
  ) throws(RedisError) -> CacheVerdict {
    guard let reply = try replies.first?.get(), let verdict = judge(reply, from: connection) else {
      throw Self.unexpected("MGET")
    }
    return verdict
  }

  func judge(
    glance replies: ArraySlice<RedisReply>, for terms: ReadTerms, from connection: RedisConnection
  ) throws(RedisError) -> CacheVerdict? {
    guard let head = replies.first, let marks = try replies.last?.get().array, marks.count == 2
    else { throw Self.unexpected("MGET") }
    let stored = head.bytes.flatMap { StoredValue(head: $0, for: terms) }
    let verdict = CacheVerdict(
      stored, record: marks[0], watermark: marks[1], server: connection.serverName,
      acceptsUnverified: acceptsUnverified, now: clock.now)
    doubt(connection, verdict.distrust)
    if case .hit = verdict, stored?.isCutOff == true { return nil }
    return verdict
  }

  /// Nil when the reply is none to a lookup.
  func judge(_ reply: RedisReply, from connection: RedisConnection) -> CacheVerdict? {
    let verdict = CacheVerdict(
      reply, server: connection.serverName, acceptsUnverified: acceptsUnverified, now: clock.now)
    doubt(connection, verdict?.distrust)
    return verdict
  }

  /// The name is as old as the connection; the watermark may know better.
  private func doubt(_ connection: RedisConnection, _ distrust: CacheDistrust?) {
    switch distrust {
    case .otherServer, .unnamed: connection.doubtServerName()
    case .lapsed, nil: break
    }
  }

  func acquire(
    _ entry: CacheEntry, leaseDuration: Duration, timeout: Duration
  ) async throws(RedisError) -> Acquisition {
    let token = CacheEpoch.random().text
    let connection = try redis.connection()
    let name = connection.serverName
    let reply = try await connection.evaluate(
      scripts.acquire, keys: entry.scriptKeys + [RedisArgument(entry.watermarkKey)],
      arguments: [
        RedisArgument(token), RedisArgument(Int(leaseDuration.milliseconds)),
        RedisArgument(CacheEpoch.random().text), RedisArgument(name ?? ""), acceptsUnverified ? "0" : "1",
      ], timeout: timeout)
    guard let acquisition = Acquisition(reply, token: token, server: name) else {
      throw Self.unexpected("acquire")
    }
    if case .untrusted(let distrust) = acquisition { doubt(connection, distrust) }
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

  /// Sends one invalidation per group, each with an epoch of its own.
  ///
  /// - Parameter name: the server that is to confirm; a connection that knows it by another name asks it anew, for the
  ///   next time.
  /// - Returns: the groups not confirmed, and the names of who confirmed the others (nil if unnamed).
  func invalidate(
    _ groups: Set<CacheGroup>, lsn: UInt64?, on name: String? = nil, keys: CacheKeys, timeout: Duration
  ) async throws(RedisError) -> (unconfirmed: Set<CacheGroup>, servers: Set<String?>) {
    var unconfirmed: Set<CacheGroup> = []
    var servers: Set<String?> = []
    // In parts, or a hundred thousand groups would be one write, and hold up everybody else's commands.
    var rest = Array(groups)[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(1000))
      rest = rest.dropFirst(part.count)
      let connection = try redis.connection()
      let calls = part.map { call($0, lsn, keys) }
      // Before they are sent: what a former server has confirmed does not count for its successor.
      let server = connection.serverName
      let replies = try await connection.evaluate(calls, timeout: timeout)
      let failed = zip(part, replies).filter { $0.1.string != "OK" && $0.1.string != "ABSENT" }.map(\.0)
      unconfirmed.formUnion(failed)
      if failed.count < part.count { servers.insert(server) }
      if let name, server != name { connection.doubtServerName() }
    }
    return (unconfirmed, servers)
  }

  private func call(_ group: CacheGroup, _ lsn: UInt64?, _ keys: CacheKeys) -> RedisScriptCall {
    RedisScriptCall(
      scripts.invalidate, keys: [RedisArgument(keys.epoch(of: group))],
      arguments: [RedisArgument(CacheEpoch.random().text), RedisArgument(lsn?.lowercaseHex ?? "?")])
  }

  func moment(timeout: Duration) async throws(RedisError) -> CacheServerMoment {
    let (time, name) = try await redis.connection().askServer(timeout: timeout)
    clock.observe(time)
    guard let name else {
      throw RedisError(.unexpectedReply, "the server does not say who it is: INFO is forbidden")
    }
    return CacheServerMoment(server: name, time: UInt64(clamping: time))
  }

  /// - Returns: whether `end` was still to come.
  func trust(
    _ name: String, until end: UInt64, watermark: String, timeout: Duration
  ) async throws -> Bool {
    let reply = try await redis.evaluate(
      scripts.trust, keys: [RedisArgument(watermark)], arguments: [RedisArgument(name), RedisArgument(end)],
      timeout: timeout)
    switch reply.string {
    case "OK": return true
    case "LATE": return false
    case "OTHER":
      throw CacheError(.unconfirmed, "the server is another one than it was when asked for its name")
    default: throw Self.unexpected("trust")
    }
  }

  private func observeTime(_ reply: RedisReply) {
    if let time = reply.array?.dropFirst().first?.integer { clock.observe(time) }
  }

  static func unexpected(_ what: String) -> RedisError {
    RedisError(.unexpectedReply, "the reply to \(what) has another form")
  }
}

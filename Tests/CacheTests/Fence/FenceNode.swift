import Keyspace
import Redis

@testable import Cache

/// One real server with the keys of one run, whose trust ends by the model's clock.
///
/// Redis knows no clock but its own. So the model lives in the future: nothing ends by itself while a run lasts, and the
/// watermark is removed when the model's clock has come to the moment that Redis was told.
struct FenceNode: Sendable {
  let cache: Cache
  /// `run_id|master_replid`.
  let name: String
  /// When the watermark ends, by the server; 0 when there is none.
  private var end: UInt64 = 0

  init(cache: Cache) async throws {
    self.cache = cache
    name = try await cache.serverMoment().server
  }

  func execute(_ command: RedisCommand) async throws -> RedisReply {
    try await cache.server.redis.execute(command, timeout: .seconds(10))
  }

  /// To be called before whatever asks for the watermark.
  mutating func expire(at time: UInt64) async throws {
    guard end != 0, end <= time else { return }
    end = 0
    _ = try await execute(RedisCommand("DEL", RedisArgument(cache.keys.watermark)))
  }

  mutating func vouch(_ moment: CacheServerMoment, lessening margin: UInt64, at time: UInt64) async throws {
    try await expire(at: time)
    do {
      try await cache.extendTrust(since: moment, lessening: .milliseconds(margin), timeline: "00000001")
    } catch is CacheError {
      // It has become another server meanwhile, which changes nothing.
    }
    try await readEnd()
    try await expire(at: time)
  }

  /// Takes over these keys as a replica would: with the absolute ends of their lives.
  mutating func copy(_ keys: [String], from other: FenceNode) async throws {
    for key in keys {
      let dump = try await other.execute(RedisCommand("DUMP", RedisArgument(key)))
      _ = try await execute(RedisCommand("DEL", RedisArgument(key)))
      guard let bytes = dump.bytes else { continue }
      let end = try await other.execute(RedisCommand("PEXPIRETIME", RedisArgument(key))).integer ?? 0
      _ = try await execute(
        RedisCommand(
          "RESTORE", RedisArgument(key), RedisArgument(Int(end)), RedisArgument(bytes), "ABSTTL"))
    }
    try await readEnd()
  }

  private mutating func readEnd() async throws {
    let reply = try await execute(RedisCommand("PEXPIRETIME", RedisArgument(cache.keys.watermark)))
    end = UInt64(max(0, reply.integer ?? 0))
  }
}

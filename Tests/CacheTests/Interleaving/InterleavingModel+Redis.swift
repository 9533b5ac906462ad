import Keyspace
import NIOCore
import Redis

@testable import Cache

/// What the actors ask of Redis, the way the mutation has it.
extension InterleavingModel {
  private static let patience = Duration.seconds(10)
  private static let leaseDuration = Duration.seconds(500)

  func look(at entry: Int) async throws -> CacheVerdict {
    let verdict = try await server.look(at: entries[entry], timeout: Self.patience).verdict
    guard mutation.servesAnyValue, case .miss(let miss) = verdict, miss.isStale, let record = miss.record
    else {
      return verdict
    }
    let key = RedisArgument(entries[entry].valueKey)
    let bytes = try await server.redis.execute(RedisCommand("GET", key)).bytes
    guard let stored = bytes.flatMap({ StoredValue(whole: $0) }) else { return verdict }
    return .hit(CacheHit(record: record, stored: stored, now: 0, distrust: nil))
  }

  func acquire(_ entry: Int) async throws -> Acquisition {
    try await server.acquire(
      entries[entry], leaseDuration: Self.leaseDuration, timeout: Self.patience)
  }

  func claim(_ entry: Int, _ record: EpochRecord) async throws -> CacheLease? {
    try await server.claimRefresh(
      entries[entry], record, leaseDuration: Self.leaseDuration, timeout: Self.patience)
  }

  /// Each send has an epoch of its own, unless that is the fault.
  func send(_ invalidation: ModelInvalidation) async throws {
    let group = groups[invalidation.group]
    guard mutation.resendsEpoch else {
      let sent = try await server.invalidate(
        [group], lsn: invalidation.lsn, keys: keys, timeout: Self.patience)
      precondition(sent.unconfirmed.isEmpty)
      return
    }
    _ = try await server.redis.evaluate(
      mutation.scripts.invalidate, keys: [RedisArgument(keys.epoch(of: group))],
      arguments: [
        RedisArgument(invalidation.epoch.text), RedisArgument(invalidation.lsn?.lowercaseHex ?? "?"),
      ])
  }

  /// For longer than the run lasts: time stands still here.
  func vouch() async throws {
    let moment = try await server.moment(timeout: Self.patience)
    let isInTime = try await server.trust(
      "\(moment.server)|1", until: moment.time + 3_600_000, watermark: keys.watermark, timeout: Self.patience)
    precondition(isInTime)
  }

  func delete(_ keys: [String]) async throws {
    _ = try await server.redis.execute(
      RedisCommand("DEL", keys.map { RedisArgument($0) }), timeout: Self.patience)
  }
}

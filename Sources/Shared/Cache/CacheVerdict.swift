internal import NIOCore
package import Redis

/// What the reply to a ``CacheEntry/lookup`` is worth. Pure, so that any reader of Redis judges alike.
package enum CacheVerdict: Sendable, Equatable {
  /// To be served.
  case hit(CacheHit)
  /// Nothing to serve.
  case miss(CacheMiss)
  /// Nothing of the reply may be used.
  case untrusted(CacheDistrust)

  /// - Parameters:
  ///   - server: `run_id|master_replid` of the connection that the reply came over, nil if unknown.
  ///   - acceptsUnverified: whether what cannot be trusted is to be served, marked, all the same.
  ///   - now: milliseconds since 1970 by the clock of Redis; only ages hang on it, never validity.
  /// - Returns: nil when the reply is none to a lookup.
  package init?(_ reply: RedisReply, server: String?, acceptsUnverified: Bool, now: UInt64) {
    guard let parts = reply.array, parts.count == 3 else { return nil }
    let stored = parts[1].bytes.flatMap { StoredValue(whole: $0) }
    self.init(
      stored, record: parts[0], watermark: parts[2], server: server, acceptsUnverified: acceptsUnverified,
      now: now)
  }

  /// - Parameter stored: nil when there is none, or one that is none of ours.
  init(
    _ stored: StoredValue?, record: RedisReply, watermark: RedisReply, server: String?,
    acceptsUnverified: Bool,
    now: UInt64
  ) {
    let distrust = CacheDistrust(watermark: watermark.bytes, server: server)
    if let distrust, !acceptsUnverified {
      self = .untrusted(distrust)
      return
    }
    let record = record.bytes.flatMap(EpochRecord.init).map { $0.trusted(unless: distrust) }
    guard let stored else {
      self = .miss(CacheMiss(record: record, isStale: false, distrust: distrust))
      return
    }
    guard let record, stored.header.epoch == record.epoch else {
      self = .miss(CacheMiss(record: record, isStale: true, distrust: distrust))
      return
    }
    self = .hit(CacheHit(record: record, stored: stored, now: now, distrust: distrust))
  }

  /// Why the reply could not be verified; nil when it could.
  package var distrust: CacheDistrust? {
    switch self {
    case .hit(let hit): hit.distrust
    case .miss(let miss): miss.distrust
    case .untrusted(let distrust): distrust
    }
  }
}

/// A value found valid.
package struct CacheHit: Sendable, Equatable {
  /// What to serve.
  package let value: CachedValue
  /// Whole seconds that are left.
  package let ttl: Int
  /// Whether somebody should load it anew in the background.
  package let isDueForRefresh: Bool
  /// Why it could not be verified; nil when it could.
  package let distrust: CacheDistrust?
  let record: EpochRecord

  init(
    record: EpochRecord, stored: StoredValue, now: UInt64, distrust: CacheDistrust?
  ) {
    value = stored.value
    ttl = stored.header.secondsLeft(at: now)
    isDueForRefresh = stored.header.isSoftExpired(at: now)
    self.distrust = distrust
    self.record = record
  }

  /// What the answer's `Cache-Status` is to say.
  package var status: CacheStatus { .hit(ttl: ttl, isVerified: distrust == nil) }
}

/// What a lookup without a valid value tells.
package struct CacheMiss: Sendable, Equatable {
  let record: EpochRecord?
  /// Whether there is a value that has been invalidated.
  let isStale: Bool
  let distrust: CacheDistrust?

  /// What the answer's `Cache-Status` is to say once it has been loaded.
  package var status: CacheStatus { isStale ? .stale : .miss }
}

extension EpochRecord {
  /// Without verification nobody knows whether the floor is the last one.
  func trusted(unless distrust: CacheDistrust?) -> EpochRecord {
    distrust == nil ? self : EpochRecord(epoch: epoch, floor: nil)
  }
}

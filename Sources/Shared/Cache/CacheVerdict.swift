internal import NIOCore
package import Redis

/// What the reply to a ``CacheEntry/lookup`` is worth. Pure, so that any reader of Redis judges alike.
package enum CacheVerdict: Sendable, Equatable {
  /// To be served.
  case hit(CacheHit)
  /// Nothing to serve.
  case miss(CacheMiss)

  /// - Parameter now: milliseconds since 1970 by the clock of Redis; only ages hang on it, never validity.
  /// - Returns: nil when the reply is none to a lookup.
  package init?(_ reply: RedisReply, now: UInt64) {
    guard let parts = reply.array, parts.count == 2 else { return nil }
    let record = parts[0].bytes.flatMap(EpochRecord.init)
    guard var body = parts[1].bytes, let header = CachedValueHeader(reading: &body) else {
      self = .miss(CacheMiss(record: record, isStale: false))
      return
    }
    // The one rule of validity. The watermark, a third key of the lookup, will be its second half.
    guard let record, header.epoch == record.epoch else {
      self = .miss(CacheMiss(record: record, isStale: true))
      return
    }
    self = .hit(CacheHit(record: record, header: header, body: body, now: now))
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
  let record: EpochRecord

  init(record: EpochRecord, header: CachedValueHeader, body: ByteBuffer, now: UInt64) {
    value = CachedValue(header: header, body: body)
    ttl = header.secondsLeft(at: now)
    isDueForRefresh = header.isSoftExpired(at: now)
    self.record = record
  }
}

/// What a lookup without a valid value tells.
package struct CacheMiss: Sendable, Equatable {
  let record: EpochRecord?
  /// Whether there is a value that has been invalidated.
  let isStale: Bool

  /// What the answer's `Cache-Status` is to say once it has been loaded.
  package var status: CacheStatus { isStale ? .stale : .miss }
}

internal import NIOCore
internal import Redis

/// The answer of `acquire.lua`.
enum Acquisition: Equatable {
  /// Stored since the lookup.
  case hit(CachedValue, CacheStatus)
  /// Somebody else holds the lease of this epoch.
  case wait(CacheEpoch)
  /// The caller is to load and fill.
  case lease(CacheLease)
  /// Nothing of Redis may be used.
  case untrusted(CacheDistrust)

  /// - Parameter server: what the script was told, nil if unknown.
  /// - Returns: nil when the reply is none of that script.
  init?(_ reply: RedisReply, token: String, server: String?) {
    guard let parts = reply.array, parts.count >= 4, let now = parts[1].integer,
      let isTrusted = parts[2].integer.map({ $0 == 1 }), let fourth = parts[3].bytes
    else {
      return nil
    }
    switch (parts[0].string, parts.count) {
    case ("HIT", 4):
      guard let stored = StoredValue(whole: fourth) else { return nil }
      let ttl = stored.header.secondsLeft(at: UInt64(clamping: now))
      self = .hit(stored.value, .hit(ttl: ttl, isVerified: isTrusted))
    case ("WAIT", 4):
      guard let epoch = CacheEpoch(fourth.readableBytesView) else { return nil }
      self = .wait(epoch)
    case ("LEASE", 5):
      guard let epoch = CacheEpoch(fourth.readableBytesView),
        let floor = parts[4].bytes.flatMap({ EpochRecord.Floor($0.readableBytesView) })
      else { return nil }
      self = .lease(CacheLease(epoch: epoch, floor: floor.lsn, token: token))
    case ("UNTRUSTED", 4):
      guard let distrust = CacheDistrust(watermark: fourth, server: server) else { return nil }
      self = .untrusted(distrust)
    default:
      return nil
    }
  }
}

/// The right to fill one field under one epoch.
struct CacheLease: Equatable, Sendable {
  let epoch: CacheEpoch
  /// What a replica must have replayed; nil when only the primary will do.
  let floor: UInt64?
  /// Unique per lease: the holder of an expired one must not give back its successor's.
  let token: String
}

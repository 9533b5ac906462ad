internal import NIOCore
internal import Redis

/// The answer of `acquire.lua`.
enum Acquisition: Equatable {
  /// Stored since the lookup.
  case hit(CachedValue, ttl: Int)
  /// Somebody else holds the lease of this epoch.
  case wait(CacheEpoch)
  /// The caller is to load and fill.
  case lease(CacheLease)

  /// Nil when the reply is none of that script.
  init?(_ reply: RedisReply, token: String) {
    guard let parts = reply.array, parts.count >= 3, let now = parts[1].integer, let third = parts[2].bytes
    else {
      return nil
    }
    switch (parts[0].string, parts.count) {
    case ("HIT", 3):
      var body = third
      guard let header = CachedValueHeader(reading: &body) else { return nil }
      self = .hit(
        CachedValue(header: header, body: body), ttl: header.secondsLeft(at: UInt64(clamping: now)))
    case ("WAIT", 3):
      guard let epoch = CacheEpoch(third.readableBytesView) else { return nil }
      self = .wait(epoch)
    case ("LEASE", 4):
      guard let epoch = CacheEpoch(third.readableBytesView),
        let floor = parts[3].bytes.flatMap({ EpochRecord.Floor($0.readableBytesView) })
      else { return nil }
      self = .lease(CacheLease(epoch: epoch, floor: floor.lsn, token: token))
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

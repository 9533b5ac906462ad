internal import NIOCore

/// A load made ready for `fill.lua`.
struct StorableValue: Sendable {
  /// Header and body.
  let bytes: ByteBuffer
  let lsn: UInt64?
  let isFromPrimary: Bool
  /// Milliseconds.
  let timeToLive: UInt32

  /// Nil for what is not to be stored: other statuses than 200 and 404, and what is too large.
  init?(_ loaded: LoadedValue, epoch: CacheEpoch, settings: CacheSettings, jitter: Double) {
    let load = loaded.load
    let lifetime = ValueLifetime(isNegative: load.isNegative, settings: settings, jitter: jitter)
    let owner = load.owner ?? ""
    let body = load.packed ?? load.body
    let size = CachedValueHeader.length + owner.utf8.count + load.summary.utf8.count + body.readableBytes
    guard load.isCacheable, size <= settings.maximumValueBytes else { return nil }
    let header = CachedValueHeader(
      status: UInt16(load.status), flags: load.flags, epoch: epoch, lsn: load.lsn,
      fillCost: UInt32(min(loaded.cost.milliseconds, Double(UInt32.max))), softTimeToLive: lifetime.soft,
      timeToLive: lifetime.hard, contentHash: loaded.contentHash, owner: owner,
      summary: load.summary, bodyLength: UInt32(body.readableBytes))
    var bytes = ByteBuffer()
    bytes.reserveCapacity(size)
    header.write(to: &bytes)
    bytes.writeImmutableBuffer(body)
    self.bytes = bytes
    lsn = load.lsn
    isFromPrimary = load.isPrimary
    timeToLive = lifetime.hard
  }
}

extension CacheLoad {
  fileprivate var flags: CachedValueHeader.Flags {
    if packed != nil { return .gzip }
    return isNegative ? .negative : []
  }
}

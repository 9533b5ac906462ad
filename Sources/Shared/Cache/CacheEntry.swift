package import Keyspace
internal import Redis

/// Where one cached answer is kept, made once per read.
package struct CacheEntry: Sendable {
  let epochKey: String
  let valueKey: String
  let watermarkKey: String
  private let group: CacheGroup
  private let field: CacheField
  private let keys: CacheKeys

  package init(_ group: CacheGroup, _ field: CacheField, keys: CacheKeys) {
    self.group = group
    self.field = field
    self.keys = keys
    epochKey = keys.epoch(of: group)
    valueKey = keys.value(of: field, in: group)
    watermarkKey = keys.watermark
  }

  /// Whether the look was at this.
  func isPlace(of look: CacheLook) -> Bool { look.group == group && look.field == field }

  /// Made on demand: a hit has no use for it.
  var leaseKey: String { keys.lease(of: field, in: group) }

  /// The whole cost of a hit: the value, its group's epoch, and whether this server's data can be trusted.
  var lookup: RedisCommand {
    RedisCommand("MGET", RedisArgument(epochKey), RedisArgument(valueKey), RedisArgument(watermarkKey))
  }

  /// The same for a reader that may have the body: only the head of the value, and *before* the epoch. An epoch is
  /// never used again, so the value carried the current one when it was read, if it carries that which was read then.
  var glance: [RedisCommand] {
    [
      RedisCommand("GETRANGE", RedisArgument(valueKey), 0, RedisArgument(Self.headLength - 1)),
      RedisCommand("MGET", RedisArgument(epochKey), RedisArgument(watermarkKey)),
    ]
  }

  /// So much of a value is looked at. Small ones come whole, so that a reader who has another version of one needs no
  /// second look. For a body of 200 KB it costs Redis a tenth of a whole lookup, 7 µs instead of 77; for one below 4 KB
  /// the second command costs 0.7 µs more.
  static let headLength = 4096

  /// What `fill.lua` declares.
  var scriptKeys: [RedisArgument] {
    [RedisArgument(epochKey), RedisArgument(valueKey), RedisArgument(leaseKey)]
  }
}

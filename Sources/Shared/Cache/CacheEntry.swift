package import Keyspace
package import Redis

/// Where one cached answer is kept, made once per read.
package struct CacheEntry: Sendable {
  let epochKey: String
  let valueKey: String
  private let group: CacheGroup
  private let field: CacheField
  private let keys: CacheKeys

  package init(_ group: CacheGroup, _ field: CacheField, keys: CacheKeys) {
    self.group = group
    self.field = field
    self.keys = keys
    epochKey = keys.epoch(of: group)
    valueKey = keys.value(of: field, in: group)
  }

  /// Made on demand: a hit has no use for it.
  var leaseKey: String { keys.lease(of: field, in: group) }

  /// The whole cost of a hit. Its reply is for ``CacheVerdict/init(_:now:)``.
  package var lookup: RedisCommand { RedisCommand("MGET", RedisArgument(epochKey), RedisArgument(valueKey)) }

  /// What a script declares.
  var scriptKeys: [RedisArgument] {
    [RedisArgument(epochKey), RedisArgument(valueKey), RedisArgument(leaseKey)]
  }
}

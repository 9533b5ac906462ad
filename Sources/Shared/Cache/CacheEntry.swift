package import Keyspace
package import Redis

/// The three keys of one cached answer, made once per read.
package struct CacheEntry: Sendable {
  let group: CacheGroup
  let field: CacheField
  let epochKey: String
  let valueKey: String
  let leaseKey: String

  package init(_ group: CacheGroup, _ field: CacheField, keys: CacheKeys) {
    self.group = group
    self.field = field
    epochKey = keys.epoch(of: group)
    valueKey = keys.value(of: field, in: group)
    leaseKey = keys.lease(of: field, in: group)
  }

  /// The whole cost of a hit. Its reply is for ``CacheVerdict/init(_:now:)``.
  package var lookup: RedisCommand { RedisCommand("MGET", RedisArgument(epochKey), RedisArgument(valueKey)) }

  /// What a script declares.
  var scriptKeys: [RedisArgument] {
    [RedisArgument(epochKey), RedisArgument(valueKey), RedisArgument(leaseKey)]
  }
}

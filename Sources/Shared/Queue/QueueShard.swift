internal import Keyspace
internal import Redis

/// One partition: its keys, ready to be sent.
struct QueueShard: Sendable {
  let index: Int
  let keys: QueueKeys
  /// In the order `shared.lua` names them.
  let arguments: [RedisArgument]

  init(index: Int, prefix: String) {
    self.index = index
    keys = QueueKeys(prefix: prefix, shard: index)
    arguments = [
      keys.ready, keys.suspect, keys.delayed, keys.lease, keys.workers, keys.dead, keys.solo, keys.wake,
      keys.meta, keys.eventsPrefix, keys.eventPrefix, keys.donePrefix, keys.heldPrefix,
    ].map { RedisArgument($0) }
  }

  func call(_ script: RedisScript, _ arguments: [RedisArgument]) -> RedisScriptCall {
    RedisScriptCall(script, keys: self.arguments, arguments: arguments)
  }
}

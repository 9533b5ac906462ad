import Keyspace
import Queue

extension QueueFixture {
  func keys(shard: Int) -> QueueKeys { QueueKeys(prefix: settings.prefix, shard: shard) }

  var allKeys: [QueueKeys] { (0..<settings.shards).map { keys(shard: $0) } }
}

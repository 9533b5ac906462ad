import Foundation
import Keyspace
import Queue

extension QueueFixture {
  /// The same queue as another release sees it.
  func queue(of scripts: QueueScripts) -> WebhookQueue {
    WebhookQueue(redis: redis, settings: settings, scripts: scripts)
  }

  func keys(shard: Int) -> QueueKeys { QueueKeys(prefix: settings.prefix, shard: shard) }

  var allKeys: [QueueKeys] { (0..<settings.shards).map { keys(shard: $0) } }
}

extension QueueScripts {
  /// Those of the release before this one, which knew no replay and no copies: what a rolling deploy mixes with ours.
  static let previous = QueueScripts(
    folder: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Releases/0ba9ffe")
      .standardizedFileURL)
}

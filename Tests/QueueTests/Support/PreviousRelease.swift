import Foundation
import Keyspace
import Queue
import Redis

extension QueueScripts {
  /// Those of the release before this one, which knew no replay and no copies: what a rolling deploy mixes with ours.
  static let previous = QueueScripts(
    folder: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Releases/0ba9ffe")
      .standardizedFileURL)
}

extension QueueFixture {
  /// The same queue as the release before ours sees it; settling apart, which it did one reservation at a time.
  var previousQueue: WebhookQueue { WebhookQueue(redis: redis, settings: settings, scripts: .previous) }
}

/// Calls the former `settle.lua` as its release did: one reservation with arguments of its own order.
struct PreviousSettling {
  let fixture: QueueFixture

  func settle(_ settlement: Settlement) async throws -> SettleResult {
    let ticket = settlement.ticket
    let keys = fixture.keys(shard: ticket.shard)
    let names = [
      keys.ready, keys.suspect, keys.delayed, keys.lease, keys.workers, keys.dead, keys.solo, keys.wake,
      keys.meta,
      keys.eventsPrefix, keys.eventPrefix, keys.donePrefix, keys.heldPrefix,
    ]
    let arguments =
      [ticket.worker, ticket.token, String(ticket.fence), milliseconds(fixture.settings.tombstone)]
      + failure(of: settlement) + [String(settlement.minimumFence ?? 0)] + settlement.acknowledged
    let reply = try await fixture.redis.evaluate(
      QueueScripts.previous.settle, keys: names.map { RedisArgument($0) },
      arguments: arguments.map { RedisArgument($0) }, timeout: .seconds(10))
    switch reply.string {
    case "ok": return .settled
    case "fenced": return .fenced
    default: throw Failure("the former settle answered \(reply)")
    }
  }

  private func failure(of settlement: Settlement) -> [String] {
    switch settlement.failure {
    case nil: ["none", "", "0", "", "", ""]
    case .release: ["release", "", "0", "", "", ""]
    case .retry(let id, let delay, let why):
      ["retry", id, milliseconds(delay), "", why.failureClass, why.message]
    case .dead(let id, let reason, let why):
      ["dead", id, "0", reason.rawValue, why.failureClass, why.message]
    }
  }

  private func milliseconds(_ duration: Duration) -> String {
    String(Int64(duration / .milliseconds(1)))
  }
}

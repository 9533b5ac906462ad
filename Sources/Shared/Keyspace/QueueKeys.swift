/// Every key of the queue role, for one shard. The braces are the hash tag: a shard lives in one Redis
/// Cluster slot.
///
/// A *token* stands for a conversation in keys, lists and hashes: its external id, or a digest of a long one.
/// No key but the tombstones has a TTL: what is queued stays until it is settled, discarded or purged.
package struct QueueKeys: Sendable {
  private let base: String

  /// - Parameters:
  ///   - prefix: put before every key, so that environments and tests can share a server.
  ///   - shard: the partition, counted from 0.
  package init(prefix: String = "", shard: Int = 0) {
    precondition(!prefix.contains("{"), "a brace in the prefix would replace the hash tag: \(prefix)")
    base = "\(prefix)webhooks:{\(shard)}:"
  }

  /// LIST of tokens with work, next one first. Autoscalers watch its length.
  package var ready: String { base + "ready" }

  /// LIST of tokens in quarantine, next one first.
  package var suspect: String { base + "suspect" }

  /// ZSET token → due, ms since 1970.
  package var delayed: String { base + "delayed" }

  /// HASH token → fence of the reservation that is out.
  package var lease: String { base + "lease" }

  /// ZSET worker → end of its lease, ms since 1970.
  package var workers: String { base + "workers" }

  /// ZSET event id → died at, ms since 1970.
  package var dead: String { base + "dead" }

  /// HASH of conversations in quarantine: token → clean events still to go.
  package var solo: String { base + "solo" }

  /// LIST, at most 64 long, of empty hints that wake an idle worker. Losing one costs a second at most.
  package var wake: String { base + "wake" }

  /// HASH: `depth` (events in all conversations' lists), `paused` (`1`), `fence` (the last one given out),
  /// `lastReap` (ms), `quarantine` and `quarantineUntil` (the worker that sees to the suspects, and until
  /// when, ms), `call:<worker>` (its last numbered call), and the counters `enqueued`, `settled`, `retried`,
  /// `died`, `reaped`, `reconciled`, `replayed`, `discarded`, `erased`; `archivedUntil` (ms: whoever died before is in
  /// Postgres); `layout` (absent: 1) says which releases may touch the shard.
  package var meta: String { base + "meta" }

  /// Beginning of ``events(_:)``.
  package var eventsPrefix: String { base + "events:" }

  /// LIST of a conversation's event ids, oldest first. An id leaves it when it is settled or dead, never
  /// before.
  package func events(_ token: String) -> String { eventsPrefix + token }

  /// Beginning of ``event(_:)``.
  package var eventPrefix: String { base + "event:" }

  /// HASH of an event that is queued or dead: `payload` (empty: erased), `conversation` (the external id, in full),
  /// `traceparent` (absent if there was none), `enqueuedAt` (ms), `state` (`queued`, `dead`); from its first
  /// delivery on `deliveries` and `fence` (that of its last one); after failures `error`, `class`, `strikes`
  /// (crashed workers that had it in hand first); once dead `reason`, and `archived` when Postgres has a copy;
  /// after a replay `requeuedAt` (ms).
  package func event(_ id: String) -> String { eventPrefix + id }

  /// Beginning of ``done(_:)``.
  package var donePrefix: String { base + "done:" }

  /// STRING, the tombstone of a settled event: a repeat is a duplicate. TTL 1 h.
  package func done(_ id: String) -> String { donePrefix + id }

  /// Beginning of ``held(_:)``.
  package var heldPrefix: String { base + "held:" }

  /// LIST of the tokens that one incarnation of a worker has in hand.
  package func held(_ worker: String) -> String { heldPrefix + worker }
}

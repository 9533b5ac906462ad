/// How a ``WebhookQueue`` behaves. All processes on one queue must agree on `prefix` and `shards`.
package struct QueueSettings: Sendable {
  /// Put before every key.
  package var prefix = ""
  /// Partitions; to be changed only when the queue is drained.
  package var shards = 1
  /// Events waiting, over all shards, above which
  /// ``WebhookQueue/enqueue(id:conversation:payload:traceparent:)`` answers ``EnqueueResult/full``. Each
  /// shard has its equal part of it.
  package var maximumDepth = 1_000_000
  package var enqueueTimeout: Duration = .milliseconds(500)
  /// Of all calls but enqueue; a reservation may bring megabytes.
  package var workerTimeout: Duration = .seconds(2)
  /// A worker that has been silent for this long is dead. Well above `heartbeatInterval` + `silence`.
  package var lease: Duration = .seconds(15)
  package var heartbeatInterval: Duration = .milliseconds(2500)
  /// A multiple of `heartbeatInterval`: a reap comes with a beat.
  package var reapInterval: Duration = .seconds(5)
  /// Without a reap for this long nobody is declared dead: it was Redis that was away. Above `reapInterval`.
  package var silence: Duration = .seconds(10)
  /// Crashed workers that make an event dead.
  package var deadlyStrikes = 3
  /// Clean events that end a conversation's quarantine.
  package var cleanEvents = 8
  /// Conversations that one reap takes back before it leaves further dead workers to the next.
  package var reapBudget = 1000
  /// How long a repeat of a settled event is recognised without asking Postgres.
  package var tombstone: Duration = .seconds(3600)
  /// Between two looks at the queue even if no hint comes.
  package var longestIdle: Duration = .seconds(1)

  package init() {}

  /// Sets the lease and, in the proportions of the defaults, the intervals that hang on it.
  package mutating func setLease(_ lease: Duration) {
    self.lease = lease
    heartbeatInterval = lease / 6
    reapInterval = lease / 3
    silence = lease * 2 / 3
  }
}

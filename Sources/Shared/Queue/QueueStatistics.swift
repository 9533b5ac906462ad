/// The queue at one moment, all shards together.
package struct QueueStatistics: Sendable, Equatable {
  /// Events that wait or are in hand.
  package var depth = 0
  /// Conversations in line.
  package var ready = 0
  /// Conversations in quarantine, in line.
  package var suspect = 0
  /// Conversations that wait for a retry.
  package var delayed = 0
  /// Conversations in a worker's hand.
  package var inFlight = 0
  /// Dead events.
  package var dead = 0
  /// Registered workers, those included whose lease ran out and whom no reap has found yet.
  package var workers = 0
  package var isPaused = false
  /// How long the event whose turn is next has waited since it was accepted, or replayed; zero when nothing is in line.
  package var oldestWaiting: Duration = .zero
  /// Events accepted since the queue was created, and so on for the following.
  package var enqueued = 0
  package var settled = 0
  package var retried = 0
  package var died = 0
  /// Conversations taken from dead workers.
  package var reaped = 0
  /// Conversations taken back because a reply was lost.
  package var reconciled = 0
  /// Dead events that an operator gave another life, or gave up.
  package var replayed = 0
  package var discarded = 0
  /// Dead events that came back empty, to end on record, because their conversations were deleted.
  package var erased = 0

  package init() {}

  /// From the reply of `stats.lua`; nil if that is not one.
  init?(_ counts: [Int]) {
    guard counts.count == 18 else { return nil }
    (depth, ready, suspect, delayed) = (counts[0], counts[1], counts[2], counts[3])
    (inFlight, dead, workers, isPaused) = (counts[4], counts[5], counts[6], counts[7] != 0)
    oldestWaiting = .milliseconds(counts[8])
    (enqueued, settled, retried) = (counts[9], counts[10], counts[11])
    (died, reaped, reconciled) = (counts[12], counts[13], counts[14])
    (replayed, discarded, erased) = (counts[15], counts[16], counts[17])
  }

  /// Another shard's added.
  mutating func add(_ other: QueueStatistics) {
    depth += other.depth
    ready += other.ready
    suspect += other.suspect
    delayed += other.delayed
    inFlight += other.inFlight
    dead += other.dead
    workers = max(workers, other.workers)
    isPaused = isPaused || other.isPaused
    oldestWaiting = max(oldestWaiting, other.oldestWaiting)
    enqueued += other.enqueued
    settled += other.settled
    retried += other.retried
    died += other.died
    reaped += other.reaped
    reconciled += other.reconciled
    replayed += other.replayed
    discarded += other.discarded
    erased += other.erased
  }
}

import Cache
import Conversations
import Postgres

extension ConversationStore {
  /// Applies events in one transaction, each exactly once however often it is delivered, and invalidates what changed,
  /// and every conversation that has an event delivered before: that delivery may have died before doing so. Without
  /// Redis it returns when nobody can be served older data any more, ``CacheSettings/stalenessBound`` after COMMIT.
  ///
  /// Two or three round trips besides BEGIN and COMMIT, for any number of events. Locks are taken in the one order of
  /// all writers. Throws `PostgresError`, or what a payload that passed the intake cannot cause.
  package func apply(_ events: [IncomingEvent]) async throws -> BatchReceipt {
    let batch = EventBatch(events)
    let (plan, write, commitDuration): (BatchPlan, CommittedWrite, Duration)
    do {
      (plan, write, commitDuration) = try await commit(batch, assumesFresh: true)
    } catch let error as PostgresError
      where error.sqlState == "23505" && error.statement == MessageStatements.insert.name
    {
      // Messages of a transcript that nobody recorded: somebody else's, and to be replaced.
      (plan, write, commitDuration) = try await commit(batch, assumesFresh: false)
    }
    return BatchReceipt(
      fenced: plan.fenced, skippedEntries: plan.skippedEntries,
      invalidated: await invalidate(write, patience: cache.settings.stalenessBound),
      commitDuration: commitDuration)
  }

  /// - Returns: what was written, and how long the COMMIT took.
  private func commit(
    _ batch: EventBatch, assumesFresh: Bool
  ) async throws -> (BatchPlan, CommittedWrite, Duration) {
    let (plan, rows, written) = try await databases.primary.withTransaction { connection in
      let plan = try BatchPlan(batch, try await StoredBatch(batch, connection))
      let rows = try await plan.write(connection, assumesFresh: assumesFresh)
      return (plan, rows, ContinuousClock.now)
    }
    let write = CommittedWrite(rows: rows, redelivered: plan.redelivered)
    return (plan, write, write.committed - written)
  }
}

/// A batch's events by conversation, in order of arrival; conversations in the one lock order.
struct EventBatch: Sendable {
  /// One conversation's events: all of them came with one reservation, and so have its fence.
  struct Group: Sendable {
    let id: ExternalConversationID
    let fence: Int64
    let events: [IncomingEvent]
  }

  let groups: [Group]

  init(_ events: [IncomingEvent]) {
    let sorted = Dictionary(grouping: events, by: \.conversation)
      .map { Group(id: $0, fence: $1.map(\.fence).max() ?? 0, events: $1) }
      .sorted { $0.id.text.utf8.lexicographicallyPrecedes($1.id.text.utf8) }
    #if DEBUG
      groups = DeliberateBreak.active == .unsortedLocks ? sorted.shuffled() : sorted
    #else
      groups = sorted
    #endif
  }
}

import Conversations
import Postgres

extension ConversationStore {
  /// Applies events in one transaction, each exactly once however often it is delivered, and invalidates every
  /// conversation that changed or has an event delivered before: that delivery may have died before doing so.
  ///
  /// Two round trips besides BEGIN and COMMIT, for any number of events. Locks are taken in the one order of all
  /// writers. Throws `PostgresError`, or what a payload that passed the intake cannot cause.
  package func apply(_ events: [IncomingEvent]) async throws -> BatchReceipt {
    let batch = EventBatch(events)
    let (plan, written) = try await databases.primary.withTransaction { connection in
      let stored = try await StoredBatch(batch, connection)
      let plan = try BatchPlan(batch, stored)
      try await plan.write(connection)
      return (plan, ContinuousClock.now)
    }
    let commitDuration = ContinuousClock.now - written
    return BatchReceipt(
      fenced: plan.fenced, skippedEntries: plan.skippedEntries,
      invalidated: await invalidate(plan.conversations.filter(\.isInvalidating).map(\.row)),
      commitDuration: commitDuration)
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

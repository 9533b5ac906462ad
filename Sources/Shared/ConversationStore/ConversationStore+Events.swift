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
    let plan = try await databases.primary.withTransaction { connection in
      let stored = try await StoredBatch(batch, connection)
      let plan = try BatchPlan(batch, stored)
      try await plan.write(connection)
      return plan
    }
    return BatchReceipt(
      fenced: plan.fenced, skippedEntries: plan.skippedEntries,
      invalidated: await invalidate(plan.conversations.filter(\.isInvalidating).map(\.row)))
  }
}

/// A batch's events by conversation, in order of arrival; conversations in the one lock order.
struct EventBatch: Sendable {
  let events: [IncomingEvent]
  let conversations: [(id: String, events: [IncomingEvent])]

  init(_ events: [IncomingEvent]) {
    self.events = events
    let groups = Dictionary(grouping: events) { BytewiseKey($0.conversation.text) }
    conversations = groups.map { ($0.key.text, $0.value) }
      .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
  }

  var ids: [String] { conversations.map(\.id) }

  /// One per conversation: all its events came with one reservation.
  var fences: [Int64] { conversations.map { $0.events.map(\.fence).max() ?? 0 } }
}

/// A text compared byte for byte; `String` compares by canonical equivalence, which ids must not.
struct BytewiseKey: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

package import Cache
package import Conversations

/// Conversations and messages as both programs see them: read through the cache, written to Postgres, and the
/// cache told of every write before the write is acknowledged.
package struct ConversationStore: Sendable {
  let databases: DatabaseRoles
  let cache: Cache
  /// To be run, or the relay does again what writers here have done.
  package let marker: OutboxMarker
  let cursorSecret: CursorSecret

  package init(databases: DatabaseRoles, cache: Cache) {
    self.databases = databases
    self.cache = cache
    marker = OutboxMarker(Outbox(database: databases.primary))
    cursorSecret = CursorSecret(database: databases.primary)
  }
}

/// What a write leaves behind: the row as it is now, and whether every instance is sure to see it.
package struct WriteReceipt: Sendable {
  package let conversation: Conversation
  /// False when Redis did not confirm the invalidation in time.
  package let invalidated: Bool
}

/// A conversation came or went between two statements of a transaction. The same work succeeds when done again.
package struct ConcurrentChange: Error, Sendable {
  package init() {}
}

/// Why a request was refused.
package enum WriteRefusal: Error, Sendable, Equatable {
  /// Unknown, or not the caller's: the caller must not be able to tell.
  case notFound
  /// The external id belongs to somebody already.
  case externalIDTaken
  /// `If-Match` names another version than the stored one.
  case preconditionFailed
  /// A request with the same idempotency key has not come to its end.
  case requestInProgress
  /// The idempotency key came with another request before.
  case keyReused
  /// What the idempotency key made has been deleted since.
  case creationDeleted
}

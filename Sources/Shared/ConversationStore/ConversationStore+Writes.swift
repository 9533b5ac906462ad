import Cache
package import Conversations
import Keyspace
import NIOConcurrencyHelpers
import NIOCore
import Postgres

extension ConversationStore {
  /// Stores a new conversation, or claims the one that events of its external id made before.
  ///
  /// Of two claims one wins; the other is refused with `externalIDTaken`. An unowned one may be registered
  /// again without an owner: nothing is won by it. A tombstone of the external id is lifted.
  package func create(_ new: NewConversation, owner: UserID?) async throws -> WriteReceipt {
    let create: Write = { try await Self.insertOrClaim(new, owner, $0) }
    do { return try await write(create) } catch is ConcurrentChange { return try await write(create) }
  }

  /// Applies a merge patch to the locked row.
  ///
  /// - Parameters:
  ///   - scope: What is not within it is `notFound`.
  ///   - matches: Judges the entity tag of the locked row: `If-Match`.
  package func patch(
    _ id: ConversationID, _ patch: ConversationPatch, in scope: OwnerScope,
    matches: @Sendable (String) -> Bool
  ) async throws -> WriteReceipt {
    try await write { transaction in
      let stored = try await Self.lock(id, scope, transaction, matches)
      let changed = try patch.applied(to: stored).stamped(at: .now())
      guard changed != stored else { return stored }
      let update: [PostgresParameter] = [
        .id(id), .text(changed.title), .text(changed.status.rawValue), .json(changed.metadata),
        .time(changed.startedAt), .time(changed.endedAt),
      ]
      return try await transaction.change([(ConversationStatements.update, update)])[0].only().conversation()
    }
  }

  /// Deletes a conversation with its messages and dead letters, leaves a tombstone of its external id, and asks for the
  /// erasure of what else there is of it.
  ///
  /// - Parameter matches: Judges the entity tag of the locked row: `If-Match`.
  /// - Returns: The row as it was.
  package func delete(
    _ id: ConversationID, in scope: OwnerScope, matches: @Sendable (String) -> Bool = { _ in true }
  ) async throws -> WriteReceipt {
    try await write { transaction in
      let stored = try await Self.lock(id, scope, transaction, matches)
      _ = try await transaction.change(Self.deletion(of: [id], [stored.externalID].compactMap(\.self)))
      return stored
    }
  }

  /// What is done in one transaction: returns the row as it is then.
  private typealias Write = @Sendable (WriteTransaction) async throws -> Conversation

  /// How long a client waits for the relay where Redis did not confirm the invalidation.
  private static let patience = Duration.seconds(1)

  private func write(_ body: Write) async throws -> WriteReceipt {
    let (conversation, invalidated) = try await perform { transaction in
      let conversation = try await body(transaction)
      return (conversation, conversation.cacheGroups)
    }
    return WriteReceipt(conversation: conversation, invalidated: invalidated)
  }

  /// Runs a write and invalidates what it touched, also when its outcome is unknown: a COMMIT whose answer was
  /// lost, or whose caller was cancelled, may have counted.
  ///
  /// - Parameter body: returns, beside its value, the groups that an earlier attempt at the same may have touched.
  func perform<Value: Sendable>(
    _ body: @Sendable (WriteTransaction) async throws -> (value: Value, groups: Set<CacheGroup>)
  ) async throws -> (value: Value, invalidated: Bool) {
    let recorded = NIOLockedValueBox<[OutboxRow]>([])
    let result: (value: Value, groups: Set<CacheGroup>)
    do {
      result = try await databases.primary.withTransaction(deadline: .seconds(4)) {
        try await body(WriteTransaction(connection: $0, recorded: recorded))
      }
    } catch {
      await invalidateUncertain(recorded.withLockedValue { $0 })
      throw error
    }
    // A repeat of what has been done changes nothing, but the first attempt may have died before it invalidated.
    let rows = recorded.withLockedValue { $0 }
    let write = CommittedWrite(rows: rows, redelivered: rows.isEmpty ? result.groups : [])
    return (result.value, await invalidate(write, patience: Self.patience))
  }

  private static let emptyObject = Array("{}".utf8)

  private static func lock(
    _ id: ConversationID, _ scope: OwnerScope, _ transaction: WriteTransaction,
    _ matches: @Sendable (String) -> Bool
  ) async throws -> Conversation {
    let rows = try await transaction.connection.query(
      ConversationStatements.lockByID, [.id(id), .owner(scope)])
    guard let row = rows.first else { throw WriteRefusal.notFound }
    let conversation = try row.conversation()
    guard matches(CachedValue.etag(of: ByteBuffer(bytes: conversation.jsonBytes()))) else {
      throw WriteRefusal.preconditionFailed
    }
    return conversation
  }

  static func insertOrClaim(
    _ new: NewConversation, _ owner: UserID?, _ transaction: WriteTransaction
  ) async throws -> Conversation {
    var newIDs = TimeOrderedUUIDs(at: .now())
    let insertion: [PostgresParameter] = [
      .id(ConversationID(newIDs.next())), .user(owner), .externalID(new.externalID), .text(new.title),
      .json(new.metadata ?? emptyObject),
    ]
    if let row = try await transaction.change([(ConversationStatements.insert, insertion)])[0].first {
      try await exhume(new.externalID, transaction.connection)
      return try row.conversation()
    }
    let taken = try await transaction.connection.query(
      ConversationStatements.lockByExternalID, [.externalID(new.externalID)])
    guard let row = taken.first else { throw ConcurrentChange() }
    let stored = try row.conversation()
    guard stored.userID == nil else { throw WriteRefusal.externalIDTaken }
    return try await claim(stored.id, new, owner, transaction)
  }

  private static func claim(
    _ id: ConversationID, _ new: NewConversation, _ owner: UserID?, _ transaction: WriteTransaction
  ) async throws -> Conversation {
    let messages = owner.map { (MessageStatements.setOwner, [PostgresParameter.id(id), .user($0)]) }
    let claim: [PostgresParameter] = [
      .id(id), .user(owner), .text(new.title), .json(new.metadata ?? emptyObject),
    ]
    let results = try await transaction.change(
      [messages, (ConversationStatements.claim, claim)].compactMap(\.self))
    return try results[results.count - 1].only().conversation()
  }

  /// Lifts a tombstone. After the row is there and locked, as a deletion does it: only then is the tombstone of one
  /// that has just committed seen.
  private static func exhume(_ id: ExternalConversationID?, _ connection: PostgresConnection) async throws {
    guard let id else { return }
    _ = try await connection.query(ConversationStatements.exhume, [.externalID(id)])
  }
}

extension Conversation {
  /// The times a client's change of status implies, where they are not set.
  func stamped(at now: Timestamp) -> Conversation {
    var stamped = self
    switch status {
    case .pending: break
    case .active: stamped.startedAt = startedAt ?? now
    case .ended, .failed: stamped.endedAt = endedAt ?? now
    }
    return stamped
  }
}

extension PostgresResult {
  /// The row of a statement that returns exactly one.
  func only() throws(PostgresError) -> PostgresRow {
    guard let row = first, count == 1 else {
      throw PostgresError(.unexpectedResult, "expected one row, got \(count)")
    }
    return row
  }
}

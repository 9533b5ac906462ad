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
    let create: Write = { connection, touched in
      let stored = try await Self.insertOrClaim(new, owner, connection)
      touched.withLockedValue { $0.formUnion(Self.groups(of: stored)) }
      return stored
    }
    do { return try await write(create) } catch is ConcurrentChange { return try await write(create) }
  }

  /// Applies a merge patch to the locked row.
  ///
  /// - Parameters:
  ///   - mayAccess: Judges the owner of the locked row; a refusal is `notFound`.
  ///   - matches: Judges the entity tag of the locked row: `If-Match`.
  package func patch(
    _ id: ConversationID, _ patch: ConversationPatch, mayAccess: @Sendable (String?) -> Bool,
    matches: @Sendable (String) -> Bool
  ) async throws -> WriteReceipt {
    try await write { connection, touched in
      let stored = try await Self.lock(id, connection, mayAccess)
      guard matches(CachedValue.etag(of: ByteBuffer(bytes: stored.jsonBytes()))) else {
        throw WriteRefusal.preconditionFailed
      }
      let changed = try patch.applied(to: stored).stamped(at: .now())
      guard changed != stored else { return stored }
      touched.withLockedValue { $0.formUnion(Self.groups(of: stored)) }
      let rows = try await connection.query(
        ConversationStatements.update,
        [
          .id(id), .text(changed.title), .text(changed.status.rawValue), .json(changed.metadata),
          .time(changed.startedAt), .time(changed.endedAt),
        ])
      return try rows.only().conversation()
    }
  }

  /// Deletes a conversation with its messages and leaves a tombstone of its external id.
  ///
  /// - Returns: Whether Redis confirmed the invalidation.
  package func delete(_ id: ConversationID, mayAccess: @Sendable (String?) -> Bool) async throws -> Bool {
    let receipt = try await write { connection, touched in
      let stored = try await Self.lock(id, connection, mayAccess)
      touched.withLockedValue { $0.formUnion(Self.groups(of: stored)) }
      if let externalID = stored.externalID {
        _ = try await connection.query(ConversationStatements.bury, [.externalID(externalID)])
      }
      _ = try await connection.query(ConversationStatements.delete, [.id(id)])
      return stored
    }
    return receipt.invalidated
  }

  /// Drops everything cached of the conversations and of their owners' lists.
  func invalidate(_ conversations: some Sequence<Conversation>) async -> Bool {
    await invalidate(conversations.reduce(into: []) { $0.formUnion(Self.groups(of: $1)) })
  }

  /// What is done in one transaction: the row as it is then, and before COMMIT the groups that it touches.
  private typealias Write =
    @Sendable (PostgresConnection, NIOLockedValueBox<Set<CacheGroup>>) async throws -> Conversation

  /// Runs a write and invalidates what it touched, also when its outcome is unknown: a COMMIT whose answer was
  /// lost, or whose caller was cancelled, may have counted.
  private func write(_ body: Write) async throws -> WriteReceipt {
    let touched = NIOLockedValueBox<Set<CacheGroup>>([])
    do {
      let conversation = try await databases.primary.withTransaction(deadline: .seconds(4)) {
        try await body($0, touched)
      }
      let groups = touched.withLockedValue { $0 }.union(Self.groups(of: conversation))
      return WriteReceipt(conversation: conversation, invalidated: await invalidate(groups))
    } catch {
      _ = await invalidate(touched.withLockedValue { $0 })
      throw error
    }
  }

  private func invalidate(_ groups: Set<CacheGroup>) async -> Bool {
    guard !groups.isEmpty else { return true }
    // Unknown is sound: it keeps replicas out until the primary has filled the cache again.
    let lsn = (try? await databases.currentLSN()) ?? nil
    return await cache.invalidate(groups, lsn: lsn).isConfirmed
  }

  private static func groups(of conversation: Conversation) -> Set<CacheGroup> {
    var groups: Set<CacheGroup> = [.conversation(conversation.id)]
    if let owner = conversation.userID { groups.insert(.user(owner)) }
    return groups
  }

  private static let emptyObject = Array("{}".utf8)

  private static func lock(
    _ id: ConversationID, _ connection: PostgresConnection, _ mayAccess: @Sendable (String?) -> Bool
  ) async throws -> Conversation {
    let rows = try await connection.query(ConversationStatements.lockByID, [.id(id)])
    guard let row = rows.first else { throw WriteRefusal.notFound }
    let conversation = try row.conversation()
    guard mayAccess(conversation.userID?.text) else { throw WriteRefusal.notFound }
    return conversation
  }

  private static func insertOrClaim(
    _ new: NewConversation, _ owner: UserID?, _ connection: PostgresConnection
  )
    async throws -> Conversation
  {
    var newIDs = TimeOrderedUUIDs(at: .now())
    let inserted = try await connection.query(
      ConversationStatements.insert,
      [
        .id(ConversationID(newIDs.next())), .user(owner), .externalID(new.externalID), .text(new.title),
        .json(new.metadata ?? emptyObject),
      ])
    if let row = inserted.first {
      try await exhume(new.externalID, connection)
      return try row.conversation()
    }
    let taken = try await connection.query(
      ConversationStatements.lockByExternalID, [.externalID(new.externalID)])
    guard let row = taken.first else { throw ConcurrentChange() }
    let stored = try row.conversation()
    guard stored.userID == nil else { throw WriteRefusal.externalIDTaken }
    if let owner {
      _ = try await connection.query(MessageStatements.setOwner, [.id(stored.id), .user(owner)])
    }
    let claimed = try await connection.query(
      ConversationStatements.claim,
      [.id(stored.id), .user(owner), .text(new.title), .json(new.metadata ?? emptyObject)])
    return try claimed.only().conversation()
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

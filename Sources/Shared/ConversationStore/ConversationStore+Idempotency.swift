package import Conversations
import Keyspace
import Postgres

/// What came of a request to create a conversation.
package struct CreationReceipt: Sendable {
  /// An end that a repeat of the request will be told again.
  package enum Outcome: Sendable, Equatable {
    /// The row as it was then, in JSON.
    case created(ConversationID, [UInt8])
    case refused(WriteRefusal)
  }

  package let outcome: Outcome
  /// Whether an earlier request with the same key did it.
  package let isReplay: Bool
  /// False when Redis did not confirm the invalidation in time.
  package let invalidated: Bool
}

extension ConversationStore {
  /// Creates or claims as ``create(_:owner:)`` does, once: the key is kept in the same transaction, so that a repeat, on any
  /// instance and after any crash, finds either the whole of it or nothing.
  ///
  /// - Throws: what leaves the key free for another attempt.
  package func create(
    _ new: NewConversation, owner: UserID?, once request: IdempotentRequest
  ) async throws -> CreationReceipt {
    let (result, invalidated) = try await perform { transaction in
      if let end = try await Self.earlierEnd(of: request, transaction.connection) { return end }
      let end = try await Self.end(new, owner, transaction)
      try await Self.keep(end, of: request, transaction.connection)
      return (KnownOutcome(end.outcome, isReplay: false), end.groups)
    }
    return CreationReceipt(outcome: result.outcome, isReplay: result.isReplay, invalidated: invalidated)
  }

  /// How long a key is honoured.
  private static let retention = RetentionSettings().idempotencyKeys

  private struct KnownOutcome: Sendable {
    let outcome: CreationReceipt.Outcome
    let isReplay: Bool

    init(_ outcome: CreationReceipt.Outcome, isReplay: Bool) {
      self.outcome = outcome
      self.isReplay = isReplay
    }
  }

  /// Nil when the request is to be carried out, which nobody else does until the transaction ends.
  ///
  /// Looked for after the lock was taken, so that what its last holder committed is seen. Refusals are returned, not thrown:
  /// the caller's next request must not meet a lock that waits for its ROLLBACK.
  private static func earlierEnd(
    of request: IdempotentRequest, _ connection: PostgresConnection
  ) async throws -> (value: KnownOutcome, groups: Set<CacheGroup>)? {
    let key = request.parameters
    let results = try await connection.queries([
      (IdempotencyStatements.lock, key),
      (IdempotencyStatements.find, key + [.int(retention.components.seconds)]),
    ])
    guard let row = results[1].first else {
      let isFree = try results[0].only().bool(0)
      return isFree ? nil : (KnownOutcome(.refused(.requestInProgress), isReplay: false), [])
    }
    guard try row.bytes(0) == request.fingerprint else {
      return (KnownOutcome(.refused(.keyReused), isReplay: false), [])
    }
    return try earlierEnd(row)
  }

  private static func earlierEnd(
    _ row: PostgresRow
  ) throws -> (value: KnownOutcome, groups: Set<CacheGroup>) {
    if try row.textOrNil(1) != nil {
      return (KnownOutcome(.refused(.externalIDTaken), isReplay: true), [])
    }
    guard let id = try row.uuidOrNil(2), let body = try row.bytesOrNil(3) else {
      return (KnownOutcome(.refused(.creationDeleted), isReplay: false), [])
    }
    let conversation = ConversationID(UUIDValue(id))
    let owner = try row.textOrNil(4).map(UserID.init(stored:))
    // Whoever did it may have died before it invalidated.
    let groups = [.conversation(conversation), owner.map(CacheGroup.user)].compactMap(\.self)
    return (KnownOutcome(.created(conversation, body), isReplay: true), Set(groups))
  }

  private static func end(
    _ new: NewConversation, _ owner: UserID?, _ transaction: WriteTransaction
  ) async throws -> (outcome: CreationReceipt.Outcome, groups: Set<CacheGroup>) {
    do {
      let conversation = try await insertOrClaimPatiently(new, owner, transaction)
      return (.created(conversation.id, conversation.jsonBytes()), conversation.cacheGroups)
    } catch WriteRefusal.externalIDTaken {
      return (.refused(.externalIDTaken), [])
    }
  }

  /// Tries again in the same transaction: another one would have to wait for this one's lock.
  private static func insertOrClaimPatiently(
    _ new: NewConversation, _ owner: UserID?, _ transaction: WriteTransaction
  ) async throws -> Conversation {
    do { return try await insertOrClaim(new, owner, transaction) } catch is ConcurrentChange {
      return try await insertOrClaim(new, owner, transaction)
    }
  }

  private static func keep(
    _ end: (outcome: CreationReceipt.Outcome, groups: Set<CacheGroup>), of request: IdempotentRequest,
    _ connection: PostgresConnection
  ) async throws {
    let columns: [PostgresParameter] =
      switch end.outcome {
      case .created(let id, let body): [.text(nil), .id(id), .binary(body)]
      case .refused: [.text("external_id_taken"), .uuid(nil), .binary(nil)]
      }
    _ = try await connection.query(
      IdempotencyStatements.keep, request.parameters + [.binary(request.fingerprint)] + columns)
  }
}

extension IdempotentRequest {
  /// The key of a row.
  fileprivate var parameters: [PostgresParameter] { [.text(principal.text), .text(route), .text(key)] }
}

extension CreationReceipt {
  /// Of a creation without a key.
  package init(_ receipt: WriteReceipt) {
    outcome = .created(receipt.conversation.id, receipt.conversation.jsonBytes())
    isReplay = false
    invalidated = receipt.invalidated
  }
}

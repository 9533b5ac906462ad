package import Conversations
import NIOConcurrencyHelpers
import Postgres

// What a deletion leaves to be done. Each step may be repeated, by several processes at once.
extension ConversationStore {
  /// Asks for the deletion of whatever a user has now; what he is given later stays.
  package func requestErasure(of user: UserID) async throws {
    _ = try await databases.primary.query(ErasureStatements.requestUser, [.user(user)])
  }

  /// How many deletions are not done for good, for metrics; 10,000 stand for more.
  ///
  /// - Throws: `PostgresError`, also when the database has no erasures yet.
  package func pendingErasures() async throws -> Int {
    // In a transaction for its deadline, which counts the wait for a connection.
    let rows = try await databases.primary.withTransaction(deadline: .seconds(1)) {
      try await $0.query(ErasureStatements.count)
    }
    return Int(try rows.only().int(0))
  }

  /// Takes on what is due, the longest due first; others may do so after 20 s if nobody says how it went.
  package func claimErasures(limit: Int) async throws -> [PendingErasure] {
    try await claim(ErasureStatements.claimDue, .int(Int64(limit)))
  }

  /// Takes on what is left to be done of a conversation that has just been deleted.
  package func claimErasure(of id: ExternalConversationID) async throws -> PendingErasure? {
    try await claim(ErasureStatements.claimConversation, .externalID(id)).first
  }

  /// Deletes dead letters that were written while, or after, their conversations were deleted.
  package func eraseLetters(_ letters: [(conversation: ExternalConversationID, acceptedUntil: Timestamp)])
    async throws
  {
    _ = try await databases.primary.query(
      ErasureStatements.letters,
      [
        .textArray(letters.map(\.conversation.text)),
        .timestampArray(letters.map(\.acceptedUntil.microsecondsSinceEpoch)), .text(EventType.erased.text),
      ])
  }

  /// Deletes some of a user's conversations, as ``delete(_:in:)`` does.
  ///
  /// - Returns: how many; less than `limit`, and even none, also where somebody else deletes them at this moment.
  package func eraseConversations(of user: UserID, _ erasure: PendingErasure, limit: Int) async throws -> Int
  {
    let recorded = NIOLockedValueBox<[OutboxRow]>([])
    let count: Int
    do {
      count = try await databases.primary.withTransaction(deadline: .seconds(40)) { connection in
        let locked = try await connection.queries([
          (OutboxStatements.planning, []),
          (
            ErasureStatements.lockConversations,
            [.user(user), .time(erasure.requestedAt), .int(Int64(limit))]
          ),
        ])[1]
        let deletion = Self.deletion(
          of: try locked.map { ConversationID(UUIDValue(try $0.uuid(0))) },
          try locked.compactMap { try $0.textOrNil(1).map(ExternalConversationID.init(stored:)) })
        // A batch of long transcripts takes its time, and nobody waits for it.
        let results = try await connection.queries(
          deletion + [(OutboxStatements.written, [])], deadline: .seconds(25))
        let rows = try results[results.count - 1].map { try OutboxRow($0) }
        recorded.withLockedValue { $0 = rows }
        return locked.count
      }
    } catch {
      await invalidateUncertain(recorded.withLockedValue { $0 })
      throw error
    }
    _ = await invalidate(
      CommittedWrite(rows: recorded.withLockedValue { $0 }), patience: .zero)
    return count
  }

  /// Whether any of a user's conversations is left, by a look of its own: what a batch found says nothing of what others
  /// had in hand.
  package func hasConversations(of user: UserID, _ erasure: PendingErasure) async throws -> Bool {
    try await databases.primary.query(
      ErasureStatements.hasConversations, [.user(user), .time(erasure.requestedAt)]
    ).only().bool(0)
  }

  /// Deletes the answers that are kept for a user's repeated requests.
  package func eraseAnswers(to user: UserID, _ erasure: PendingErasure) async throws {
    _ = try await databases.primary.query(
      ErasureStatements.answers, [.user(user), .time(erasure.requestedAt)])
  }

  /// Says what was done: for good where nothing can be under way any more, else it is done once more a minute after the
  /// request.
  package func finish(_ erasures: [PendingErasure]) async throws {
    let last = erasures.filter(\.isLast)
    let others = erasures.filter { !$0.isLast }
    if !last.isEmpty {
      _ = try await databases.primary.query(ErasureStatements.finish, Self.requests(last))
    }
    if !others.isEmpty {
      _ = try await databases.primary.query(
        ErasureStatements.putOff, Self.requests(others) + [.int(PendingErasure.grace.components.seconds)])
    }
  }

  /// Gives back what is not done, to be taken on again after a while.
  package func letGo(_ erasures: [PendingErasure], for pause: Duration) async throws {
    guard !erasures.isEmpty else { return }
    _ = try await databases.primary.query(
      ErasureStatements.letGo, [.bigintArray(erasures.map(\.id)), .int(pause.components.seconds)])
  }

  /// The statements that delete conversations whose rows are locked.
  static func deletion(
    of ids: [ConversationID], _ externalIDs: [ExternalConversationID]
  ) -> [(PostgresStatement, [PostgresParameter])] {
    let names = PostgresParameter.textArray(externalIDs.map(\.text))
    let always = PostgresParameter.timestampArray(externalIDs.map { _ in endOfTime })
    let traces: [(PostgresStatement, [PostgresParameter])] = [
      (ErasureStatements.bury, [names]),
      (ErasureStatements.letters, [names, always, .text(EventType.erased.text)]),
    ]
    let rows = (
      ConversationStatements.delete, [PostgresParameter.uuidArray(ids.map { PostgresUUID($0.uuid) })]
    )
    guard !externalIDs.isEmpty else { return [rows] }
    return traces + [rows, (ErasureStatements.requestConversations, [names])]
  }

  /// The end of the year 9999.
  private static let endOfTime: Int64 = 253_402_300_799_000_000

  private func claim(
    _ statement: PostgresStatement, _ choice: PostgresParameter
  ) async throws -> [PendingErasure] {
    try await databases.primary.query(
      statement,
      [
        .int(PendingErasure.grace.components.seconds), .int(PendingErasure.lease.components.seconds), choice,
      ]
    ).map { try PendingErasure($0) }
  }

  private static func requests(_ erasures: [PendingErasure]) -> [PostgresParameter] {
    [
      .bigintArray(erasures.map(\.id)), .timestampArray(erasures.map(\.requestedAt.microsecondsSinceEpoch)),
    ]
  }
}

import Conversations
import Postgres

extension BatchPlan {
  /// Writes the plan in one round trip; the transaction's COMMIT makes it count.
  ///
  /// The conversations are locked and come last: until then the foreign keys' checks of their messages find a row that
  /// is locked already, and lock no new version of it.
  ///
  /// - Parameter assumesFresh: Whether a conversation without a recorded transcript is taken to have no messages; where
  ///   it has some, that fails with `MessageStatements.insert`.
  /// - Returns: what the triggers wrote in this transaction, for the cache.
  func write(_ connection: PostgresConnection, assumesFresh: Bool) async throws -> [OutboxRow] {
    var statements: [(PostgresStatement, [PostgresParameter])] = []
    if !revenants.isEmpty {
      statements.append(
        (ConversationStatements.delete, [.uuidArray(revenants.map { PostgresUUID($0.uuid) })]))
    }
    let index = statements.count
    statements += [record()] + messageWrites(assumesFresh: assumesFresh) + conversationWrites()
    statements.append((OutboxStatements.written, []))
    let results = try await connection.queries(statements, deadline: StoredBatch.patience)
    // An event that another conversation's batch recorded meanwhile must not be applied again here.
    guard results[index].count == records.count else { throw ConcurrentChange() }
    return try results[statements.count - 1].map { try OutboxRow($0) }
  }

  private func conversationWrites() -> [(PostgresStatement, [PostgresParameter])] {
    let changed = conversations.filter(\.changesRow)
    guard !changed.isEmpty else { return [] }
    let states = changed.map(\.after)
    return [
      (
        EventStatements.updateConversations,
        [
          .uuidArray(changed.map { PostgresUUID($0.row.id.uuid) }),
          .textArray(states.map(\.status.rawValue)),
          .boolArray(states.map(\.transcriptReceived)),
          .textArray(states.map(\.shutdownReason)),
          .textArray(states.map(\.recordingURL)),
          .timestampArray(states.map { $0.startedAt?.microsecondsSinceEpoch }),
          .timestampArray(states.map { $0.endedAt?.microsecondsSinceEpoch }),
          .textArray(changed.map(\.changedMetadata)),
        ]
      )
    ]
  }

  private func record() -> (PostgresStatement, [PostgresParameter]) {
    (
      EventStatements.record,
      [
        .textArray(records.map(\.event.id.text)),
        .textArray(records.map(\.event.event.type.text)),
        .textArray(records.map(\.event.conversation.text)),
        .textArray(records.map(\.outcome.rawValue)),
        .timestampArray(records.map(\.time.microsecondsSinceEpoch)),
        .timestampArray(records.map(\.event.receivedAt.microsecondsSinceEpoch)),
      ]
    )
  }

  private func messageWrites(assumesFresh: Bool) -> [(PostgresStatement, [PostgresParameter])] {
    let transcripts = conversations.filter { $0.transcript != nil }
    guard !transcripts.isEmpty else { return [] }
    let changed = transcripts.filter(\.changesMessages)
    let fresh = changed.filter { assumesFresh && !$0.replacesMessages }
    let others = changed.filter { !assumesFresh || $0.replacesMessages }
    var ids = TimeOrderedUUIDs(at: .now())
    var statements: [(PostgresStatement, [PostgresParameter])] = []
    if !fresh.isEmpty {
      statements.append((MessageStatements.insert, MessageColumns(fresh, &ids).parameters))
    }
    if !others.isEmpty {
      let columns = MessageColumns(others, &ids)
      statements += [
        (MessageStatements.deleteSurplus, columns.kept),
        (MessageStatements.upsert, columns.parameters),
      ]
    }
    return statements + [(EventStatements.recordTranscripts, Self.transcriptRecords(transcripts))]
  }

  private static func transcriptRecords(_ plans: [ConversationPlan]) -> [PostgresParameter] {
    let transcripts = plans.compactMap(\.transcript)
    return [
      .uuidArray(plans.map { PostgresUUID($0.row.id.uuid) }),
      .timestampArray(transcripts.map(\.eventTime.microsecondsSinceEpoch)),
      .intArray(transcripts.map { Int32($0.entries.count) }),
      .textArray(transcripts.map(\.digest)),
    ]
  }
}

extension BatchPlan.ConversationPlan {
  /// Null where it stays, so that an unchanged document is not sent.
  fileprivate var changedMetadata: String? {
    after.metadata == before.metadata ? nil : String(decoding: after.metadata, as: UTF8.self)
  }

  /// Whether stored messages may have to go.
  fileprivate var replacesMessages: Bool { changesMessages && storedDigest != nil }
}

/// The columns of `MessageStatements.insert` and `.upsert`. Optional like the parameters, or each element would be cast
/// when it becomes one.
private struct MessageColumns {
  private var ids: [PostgresUUID?] = []
  private var conversations: [PostgresUUID?] = []
  private var positions: [Int32?] = []
  private var users: [String?] = []
  private var roles: [String?] = []
  private var contents: [String?] = []
  private var spoken: [Int64?] = []
  private var created: [Int64?] = []
  private let transcripts: [PostgresUUID]

  init(_ plans: [BatchPlan.ConversationPlan], _ newIDs: inout TimeOrderedUUIDs) {
    transcripts = plans.map { PostgresUUID($0.row.id.uuid) }
    for plan in plans {
      guard let transcript = plan.transcript else { continue }
      let conversation = PostgresUUID(plan.row.id.uuid)
      for entry in transcript.entries {
        ids.append(PostgresUUID(newIDs.next()))
        conversations.append(conversation)
        users.append(plan.row.userID?.text)
        positions.append(Int32(entry.position))
        roles.append(entry.role)
        contents.append(entry.content)
        spoken.append(entry.spokenAt?.microsecondsSinceEpoch)
        created.append((entry.spokenAt ?? transcript.eventTime).microsecondsSinceEpoch)
      }
    }
  }

  var parameters: [PostgresParameter] {
    [
      .uuidArray(ids), .uuidArray(conversations), .textArray(users), .intArray(positions), .textArray(roles),
      .textArray(contents), .timestampArray(spoken), .timestampArray(created),
    ]
  }

  /// The parameters of `MessageStatements.deleteSurplus`.
  var kept: [PostgresParameter] {
    [.uuidArray(transcripts), .uuidArray(conversations), .intArray(positions)]
  }
}

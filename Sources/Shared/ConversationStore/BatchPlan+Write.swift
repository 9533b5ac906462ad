import Conversations
import Postgres

extension BatchPlan {
  /// Writes the plan in one round trip; the transaction's COMMIT makes it count.
  func write(_ connection: PostgresConnection) async throws {
    var statements: [(PostgresStatement, [PostgresParameter])] = []
    if !revenants.isEmpty {
      statements.append(
        (EventStatements.deleteConversations, [.uuidArray(revenants.map { PostgresUUID($0.uuid) })]))
    }
    statements += conversationWrites() + [record()] + messageWrites()
    let results = try await connection.queries(statements, deadline: StoredBatch.patience)
    // An event that another conversation's batch recorded meanwhile must not be applied again here.
    guard let index = statements.firstIndex(where: { $0.0 == EventStatements.record }),
      results[index].count == records.count
    else { throw ConcurrentChange() }
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

  private func messageWrites() -> [(PostgresStatement, [PostgresParameter])] {
    let transcripts = conversations.filter { $0.transcript != nil }
    guard !transcripts.isEmpty else { return [] }
    var statements = [(EventStatements.recordTranscripts, Self.transcriptRecords(transcripts))]
    let changed = MessageColumns(transcripts.filter(\.changesMessages))
    guard !changed.conversations.isEmpty || transcripts.contains(where: \.replacesMessages) else {
      return statements
    }
    let replaced = transcripts.filter(\.replacesMessages).map { PostgresUUID($0.row.id.uuid) }
    if !replaced.isEmpty {
      statements.append(
        (
          MessageStatements.deleteSurplus,
          [.uuidArray(replaced), .uuidArray(changed.conversations), .intArray(changed.positions)]
        ))
    }
    statements.append((MessageStatements.upsert, changed.parameters))
    return statements
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

/// The columns of `MessageStatements.upsert`.
private struct MessageColumns {
  private(set) var conversations: [PostgresUUID] = []
  private(set) var positions: [Int32] = []
  private var users: [String?] = []
  private var roles: [String] = []
  private var contents: [String] = []
  private var spoken: [Int64?] = []
  private var created: [Int64] = []

  init(_ plans: [BatchPlan.ConversationPlan]) {
    for plan in plans {
      guard let transcript = plan.transcript else { continue }
      for entry in transcript.entries {
        conversations.append(PostgresUUID(plan.row.id.uuid))
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
      .uuidArray(conversations), .textArray(users), .intArray(positions), .textArray(roles),
      .textArray(contents), .timestampArray(spoken), .timestampArray(created),
    ]
  }
}

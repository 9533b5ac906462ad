import Conversations
import Postgres

/// What Postgres holds of a batch's conversations, read under their locks in one round trip.
struct StoredBatch: Sendable {
  struct Transcript: Sendable {
    let eventTime: Timestamp
    let entryCount: Int
    let digest: String
  }

  /// Longer than the transaction's own `statement_timeout`: when it passes, it is the server that is silent.
  static let patience = Duration.seconds(12)

  private(set) var rows: [ExternalConversationID: Conversation] = [:]
  private(set) var transcripts: [ConversationID: Transcript] = [:]
  private(set) var tombstones: Set<ExternalConversationID> = []
  private(set) var recorded: Set<String> = []
  private(set) var fences: [ExternalConversationID: Int64] = [:]

  /// In one round trip, and in a second one where conversations are missing, unowned or fenced off.
  init(_ batch: EventBatch, _ connection: PostgresConnection) async throws {
    let ids = Self.ids(batch.groups)
    let results = try await Self.ask(
      [
        (EventStatements.bounds, []),
        (EventStatements.raiseFences, [ids, .bigintArray(batch.groups.map(\.fence))]),
        (EventStatements.lockConversations, [ids]),
        (EventStatements.recorded, [.textArray(batch.groups.flatMap(\.events).map(\.id.text))]),
      ], connection)
    try read(conversations: results[2])
    recorded = Set(try results[3].map { try $0.text(0) })
    let raised = Set(try results[1].map { ExternalConversationID(stored: try $0.text(0)) })
    try await complete(
      refused: batch.groups.filter { !raised.contains($0.id) },
      orphans: batch.groups.filter { raised.contains($0.id) && rows[$0.id]?.userID == nil }, connection)
  }

  /// What only some batches need: the fences that stand in the way, new conversations for the first events of a call,
  /// and the tombstones of what has no owner.
  private mutating func complete(
    refused: [EventBatch.Group], orphans: [EventBatch.Group], _ connection: PostgresConnection
  ) async throws {
    if refused.isEmpty, orphans.isEmpty { return }
    let missing = orphans.filter { group in
      rows[group.id] == nil && group.events.contains(where: \.event.hasEffect)
    }
    var newIDs = TimeOrderedUUIDs(at: .now())
    let results = try await Self.ask(
      [
        (EventStatements.fences, [Self.ids(refused)]),
        (
          EventStatements.createConversations,
          [.uuidArray(missing.map { _ in PostgresUUID(newIDs.next()) }), Self.ids(missing)]
        ),
        (EventStatements.lockConversations, [Self.ids(missing)]),
        (EventStatements.tombstones, [Self.ids(orphans)]),
      ], connection)
    for row in results[0] { fences[ExternalConversationID(stored: try row.text(0))] = try row.int(1) }
    try read(conversations: results[2])
    tombstones = Set(try results[3].map { ExternalConversationID(stored: try $0.text(0)) })
  }

  private mutating func read(conversations: PostgresResult) throws {
    for row in conversations {
      let conversation = try row.conversation()
      if let id = conversation.externalID { rows[id] = conversation }
      guard let eventTime = try row.time(13) else { continue }
      transcripts[conversation.id] = Transcript(
        eventTime: eventTime, entryCount: Int(try row.int(14)), digest: try row.text(15))
    }
  }

  private static func ask(
    _ planned: [(PostgresStatement, [PostgresParameter])], _ connection: PostgresConnection
  ) async throws -> [PostgresResult] {
    #if DEBUG
      let statements = planned.map { ($0.broken, $1) }
    #else
      let statements = planned
    #endif
    return try await connection.queries(statements, deadline: patience)
  }

  private static func ids(_ groups: [EventBatch.Group]) -> PostgresParameter {
    .textArray(groups.map(\.id.text))
  }
}

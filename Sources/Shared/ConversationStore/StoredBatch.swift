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

  init(_ batch: EventBatch, _ connection: PostgresConnection) async throws {
    let ids = Self.ids(batch.groups)
    let creating = batch.groups.filter { group in group.events.contains { $0.event.content != .other } }
    let planned: [(PostgresStatement, [PostgresParameter])] = [
      (EventStatements.bounds, []),
      (EventStatements.raiseFences, [ids, Self.fences(batch.groups)]),
      (EventStatements.fences, [ids]),
      (EventStatements.createConversations, [Self.ids(creating), Self.fences(creating)]),
      (EventStatements.lockConversations, [ids]),
      (EventStatements.transcripts, [ids]),
      (EventStatements.tombstones, [ids]),
      (EventStatements.recorded, [.textArray(batch.groups.flatMap(\.events).map(\.id.text))]),
    ]
    #if DEBUG
      let statements = planned.map { ($0.broken, $1) }
    #else
      let statements = planned
    #endif
    let results = try await connection.queries(statements, deadline: Self.patience)
    for row in results[2] { fences[ExternalConversationID(stored: try row.text(0))] = try row.int(1) }
    for row in results[4] {
      let conversation = try row.conversation()
      if let id = conversation.externalID { rows[id] = conversation }
    }
    for row in results[5] {
      guard let eventTime = try row.time(1) else { continue }
      transcripts[ConversationID(UUIDValue(try row.uuid(0)))] = Transcript(
        eventTime: eventTime, entryCount: Int(try row.int(2)), digest: try row.text(3))
    }
    tombstones = Set(try results[6].map { ExternalConversationID(stored: try $0.text(0)) })
    recorded = Set(try results[7].map { try $0.text(0) })
  }

  private static func ids(_ groups: [EventBatch.Group]) -> PostgresParameter {
    .textArray(groups.map(\.id.text))
  }

  private static func fences(_ groups: [EventBatch.Group]) -> PostgresParameter {
    .bigintArray(groups.map(\.fence))
  }
}

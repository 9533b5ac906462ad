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

  private(set) var rows: [BytewiseKey: Conversation] = [:]
  private(set) var transcripts: [ConversationID: Transcript] = [:]
  private(set) var tombstones: Set<BytewiseKey> = []
  private(set) var recorded: Set<String> = []
  private(set) var fences: [BytewiseKey: Int64] = [:]

  init(_ batch: EventBatch, _ connection: PostgresConnection) async throws {
    let ids = PostgresParameter.textArray(batch.ids)
    let creating = batch.conversations.indices.filter { index in
      batch.conversations[index].events.contains { $0.event.content != .other }
    }
    let results = try await connection.queries(
      [
        (EventStatements.bounds, []),
        (EventStatements.raiseFences, [ids, .bigintArray(batch.fences)]),
        (EventStatements.fences, [ids]),
        (
          EventStatements.createConversations,
          [.textArray(creating.map { batch.ids[$0] }), .bigintArray(creating.map { batch.fences[$0] })]
        ),
        (EventStatements.lockConversations, [ids]),
        (EventStatements.transcripts, [ids]),
        (EventStatements.tombstones, [ids]),
        (EventStatements.recorded, [.textArray(batch.events.map(\.id.text))]),
      ], deadline: Self.patience)
    for row in results[2] { fences[BytewiseKey(try row.text(0))] = try row.int(1) }
    for row in results[4] {
      let conversation = try row.conversation()
      if let id = conversation.externalID { rows[BytewiseKey(id.text)] = conversation }
    }
    for row in results[5] {
      guard let eventTime = try row.time(1) else { continue }
      transcripts[ConversationID(UUIDValue(try row.uuid(0)))] = Transcript(
        eventTime: eventTime, entryCount: Int(try row.int(2)), digest: try row.text(3))
    }
    tombstones = Set(try results[6].map { BytewiseKey(try $0.text(0)) })
    recorded = Set(try results[7].map { try $0.text(0) })
  }
}

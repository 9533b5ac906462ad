package import Conversations
import Postgres

/// What became of dead events that were to be copied.
package struct DeadLetterReceipt: Sendable, Equatable {
  /// Ids whose effects are in the database: no letters, but done.
  package let committed: Set<String>
}

extension ConversationStore {
  /// Copies dead events, all or none, and finds those that committed after all; as often as it is called.
  ///
  /// - Returns: nil when another worker is at it.
  package func copy(_ letters: [DeadLetterContent]) async throws -> DeadLetterReceipt? {
    try await databases.primary.withTransaction { connection in
      guard try await UpkeepLock.deadLetters.acquire(connection) else { return nil }
      let recorded = try await connection.query(
        EventStatements.recorded, [.textArray(letters.map(\.letter.id))])
      let committed = Set(try recorded.map { try $0.text(0) })
      let copies = letters.filter { !committed.contains($0.letter.id) }
      _ = try await connection.queries(
        copies.map { (DeadLetterStatements.copy, $0.letter.parameters(payload: $0.payload)) })
      return DeadLetterReceipt(committed: committed)
    }
  }

  /// Takes back copies of deaths that ended while they were copied.
  package func withdraw(_ letters: [DeadLetter]) async throws {
    _ = try await databases.primary.query(
      DeadLetterStatements.withdraw,
      [
        .textArray(letters.map(\.id)), .timestampArray(letters.map(\.diedAt.microsecondsSinceEpoch)),
      ])
  }

  /// To be called before Redis forgets dead events.
  ///
  /// - Returns: those that are safe here, the only ones that Redis may forget.
  package func markPurged(_ ids: [String]) async throws -> Set<String> {
    Set(
      try await databases.primary.query(DeadLetterStatements.markPurged, [.textArray(ids)]).map {
        try $0.text(0)
      })
  }

  /// Records how deaths ended; ids without an unresolved letter are passed over.
  package func resolve(_ ids: [String], as resolution: DeadLetterResolution) async throws {
    guard !ids.isEmpty else { return }
    _ = try await databases.primary.query(
      DeadLetterStatements.resolve, [.textArray(ids), .text(resolution.rawValue)])
  }

  /// The unresolved letters among these ids, with their payloads, the longest dead first.
  package func unresolvedLetters(_ ids: [String]) async throws -> [DeadLetterContent] {
    try await databases.primary.query(DeadLetterStatements.unresolved, [.textArray(ids)]).map { row in
      DeadLetterContent(
        letter: try DeadLetter(row), payload: try row.bytesOrNil(11), isCommitted: try row.bool(12))
    }
  }

  /// A page of the letters that Redis has forgotten, the longest dead first.
  ///
  /// - Parameters:
  ///   - last: the last one of the page before.
  ///   - latest: deaths after it do not count.
  package func purgedLetters(
    after last: DeadLetter?, until latest: Timestamp, failureClass: String?, limit: Int
  ) async throws -> [DeadLetter] {
    try await databases.primary.query(
      DeadLetterStatements.oldest,
      [
        .timestamp(last?.diedAt.microsecondsSinceEpoch ?? 0), .text(last?.id ?? ""),
        .timestamp(latest.microsecondsSinceEpoch), .text(failureClass), .int(Int64(limit)),
      ]
    ).map { try DeadLetter($0) }
  }

  /// The newest letters that Redis has forgotten.
  package func newestPurgedLetters(limit: Int, failureClass: String?) async throws -> [DeadLetter] {
    try await databases.primary.query(
      DeadLetterStatements.newest, [.text(failureClass), .int(Int64(limit))]
    ).map { try DeadLetter($0) }
  }

  /// How many letters Redis has forgotten, by class.
  package func purgedCounts() async throws -> [String: Int] {
    let rows = try await databases.primary.query(DeadLetterStatements.counts)
    return Dictionary(try rows.map { (try $0.text(0), Int(try $0.int(1))) }, uniquingKeysWith: +)
  }
}

import Cache
import Conversations
import NIOCore
import Postgres

extension ConversationStore {
  /// Opens the cursor of a request, where it has one.
  ///
  /// - Throws: `RequestRejection.foreignCursor`.
  func open(_ list: ListRequest, in scope: CursorScope) async throws -> ListReading {
    guard list.cursor != nil || list.page.isDeepest else { return ListReading(list) }
    let sealer = CursorSealer(secret: try await cursorSecret.bytes(), scope: scope)
    guard let cursor = list.cursor, !cursor.isEmpty else { return ListReading(list, sealer: sealer) }
    guard let after = sealer.open(cursor) else { throw RequestRejection.foreignCursor }
    return ListReading(list, after: after, sealer: sealer)
  }
}

extension CacheLoad {
  /// A page from rows that lead with `columns` facts, the total last, then an item or nulls.
  static func page<Item: JSONEncodable>(
    _ answer: DatabaseRoles.Answer, _ reading: ListReading, columns: Int, owner: UserID?,
    _ decode: (PostgresRow, Int) throws -> Item, keyset: (Item) -> Keyset
  ) throws -> CacheLoad {
    let total = try answer.rows.first?.intOrNil(columns - 1).map { Int($0) }
    let items = try answer.rows.filter { try $0.uuidOrNil(columns) != nil }.map { try decode($0, columns) }
    let page = reading.encode(items, total: total, keyset)
    var load = CacheLoad.found(page.bytes, owner: owner, answer)
    load.summary = page.summary.text
    return load
  }
}

extension Conversation {
  /// Among conversations.
  var keyset: Keyset { .conversation(createdAt: createdAt, id) }
}

extension Message {
  /// Among the messages of its conversation.
  var keyset: Keyset { .message(position: position) }

  /// Among the messages of its owner.
  var historyKeyset: Keyset { .history(createdAt: createdAt, conversationID, position: position) }
}

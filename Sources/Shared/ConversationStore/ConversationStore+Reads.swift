import Cache
package import Conversations
import Keyspace
import NIOCore
import Postgres

extension ConversationStore {
  /// One conversation, or its absence (status 404). The caller compares the value's owner before anything leaves.
  package func conversation(_ id: ConversationID) async throws -> StoredAnswer {
    try await read(.conversation(id), .body) {
      let rows = try await database.query(ConversationStatements.byID, [.id(id)])
      guard let row = rows.first else { return .absent }
      let conversation = try row.conversation()
      return .found(conversation.jsonBytes(), owner: conversation.userID)
    }
  }

  /// A page of a conversation's messages in `position` order, or the conversation's absence (status 404).
  package func messages(of id: ConversationID, _ list: ListRequest) async throws -> StoredAnswer {
    let load: @Sendable () async throws -> CacheLoad = {
      let statement =
        list.includesTotal
        ? MessageStatements.pageOfConversation : MessageStatements.pageOfConversationWithoutTotal
      let rows = try await database.query(statement, [.id(id)] + list.window)
      guard let first = rows.first else { return .absent }
      let owner = try first.textOrNil(0).map(UserID.init(stored:))
      return try .page(rows, list, columns: 2, owner: owner) { row, column in try row.message(from: column) }
    }
    guard list.includesTotal else { return try await direct(load) }
    return try await read(.conversation(id), .messages(page: list.page.page, limit: list.page.limit), load)
  }

  /// A page of a user's history, newest first; empty for an unknown user.
  package func messages(of user: UserID, _ list: ListRequest) async throws -> StoredAnswer {
    let load: @Sendable () async throws -> CacheLoad = {
      let statement =
        list.includesTotal ? MessageStatements.pageOfUser : MessageStatements.pageOfUserWithoutTotal
      let rows = try await database.query(statement, [.user(user)] + list.window)
      return try .page(rows, list, columns: 1, owner: user) { row, column in try row.message(from: column) }
    }
    guard list.includesTotal else { return try await direct(load) }
    return try await read(.user(user), .messages(page: list.page.page, limit: list.page.limit), load)
  }

  /// A page of conversations, newest first: of one user through the cache, of all users from the primary.
  package func conversations(_ filter: ConversationFilter, _ list: ListRequest) async throws -> StoredAnswer {
    let load: @Sendable () async throws -> CacheLoad = {
      let (statement, parameters) = ConversationStatements.page(filter, list)
      let rows = try await rows(of: statement, parameters, exclusive: filter.userID == nil)
      return try .page(rows, list, columns: 1, owner: filter.userID) { row, column in
        try row.conversation(from: column)
      }
    }
    guard let owner = filter.userID, list.includesTotal else { return try await direct(load) }
    let field = CacheField.conversations(
      status: filter.status, transcriptReceived: filter.transcriptReceived, page: list.page.page,
      limit: list.page.limit)
    return try await read(.user(owner), field, load)
  }

  /// Whether Postgres answers.
  package func ping(within deadline: Duration) async throws {
    try await database.ping(within: deadline)
  }

  /// Lists over all users cost more than an index look-up: they must not stand in the pipeline's way.
  private func rows(of statement: PostgresStatement, _ parameters: [PostgresParameter], exclusive: Bool)
    async throws -> PostgresResult
  {
    guard exclusive else { return try await database.query(statement, parameters) }
    return try await database.withConnection { try await $0.query(statement, parameters) }
  }

  private func read(
    _ group: CacheGroup, _ field: CacheField, _ load: @escaping @Sendable () async throws -> CacheLoad
  ) async throws -> StoredAnswer {
    let (value, status) = try await cache.read(group, field) { _ in try await load() }
    return StoredAnswer(value: value, status: status)
  }

  /// Answers that no group invalidates are not stored.
  private func direct(_ load: () async throws -> CacheLoad) async throws -> StoredAnswer {
    StoredAnswer(value: CachedValue(uncached: try await load()), status: .bypass(.uncached))
  }
}

extension ListRequest {
  /// `LIMIT` and `OFFSET`.
  var window: [PostgresParameter] { [.int(Int64(fetchLimit)), .int(Int64(page.offset))] }
}

extension CacheLoad {
  static let absent = CacheLoad(status: 404, body: ByteBuffer())

  static func found(_ body: [UInt8], owner: UserID?) -> CacheLoad {
    CacheLoad(body: ByteBuffer(bytes: body), owner: owner?.text)
  }

  /// A page from rows that lead with `columns` facts, the total last, then an item or nulls.
  static func page<Item: JSONEncodable>(
    _ rows: PostgresResult, _ list: ListRequest, columns: Int, owner: UserID?,
    _ decode: (PostgresRow, Int) throws -> Item
  ) throws -> CacheLoad {
    let total = try rows.first?.intOrNil(columns - 1).map { Int($0) }
    let items = try rows.filter { try $0.uuidOrNil(columns) != nil }.map { try decode($0, columns) }
    return .found(list.encode(items, total: total), owner: owner)
  }
}

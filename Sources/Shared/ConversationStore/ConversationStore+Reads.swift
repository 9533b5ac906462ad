package import Cache
package import Conversations
import Keyspace
import NIOCore
import Postgres

extension ConversationStore {
  /// One conversation, or its absence (status 404), which is also what is not within the scope. The caller compares the
  /// value's owner once more before anything leaves.
  package func conversation(
    _ id: ConversationID, in scope: OwnerScope, for terms: ReadTerms = ReadTerms()
  ) async throws -> CacheAnswer {
    // Loaded for whoever asks next, so not by this caller's scope.
    let answer = try await cache.read(.conversation(id), .body, for: terms) { source in
      let answer = try await databases.read(ConversationStatements.byID, [.id(id)], from: source)
      guard let row = answer.rows.first else { return .absent(answer) }
      let conversation = try row.conversation()
      return .found(conversation.jsonBytes(), owner: conversation.userID, answer)
    }
    return try answer.within(scope)
  }

  /// A page of a conversation's messages in `position` order; otherwise as above.
  package func messages(
    of id: ConversationID, _ list: ListRequest, in scope: OwnerScope, for terms: ReadTerms = ReadTerms()
  ) async throws -> CacheAnswer {
    let load: Cache.Load = { source in
      let reading = try await open(list, in: .messages(of: id))
      let (statement, parameters) = MessageStatements.page(
        of: id, reading, in: list.isCacheable ? .everyone : scope)
      let answer = try await databases.read(statement, parameters, from: source)
      guard let first = answer.rows.first else { return .absent(answer) }
      let owner = try first.textOrNil(0).map(UserID.init(stored:))
      return try .page(
        answer, reading, columns: 2, owner: owner, { try $0.message(from: $1) }, keyset: { $0.keyset })
    }
    guard let field = list.messagesField else {
      return try await cache.readUncached(for: terms, load: load).within(scope)
    }
    return try await cache.read(.conversation(id), field, for: terms, load: load).within(scope)
  }

  /// A page of a user's history, newest first; empty for an unknown user.
  package func messages(
    of user: UserID, _ list: ListRequest, for terms: ReadTerms = ReadTerms()
  ) async throws -> CacheAnswer {
    let load: Cache.Load = { source in
      let reading = try await open(list, in: .messages(of: user))
      let (statement, parameters) = MessageStatements.page(of: user, reading)
      let answer = try await databases.read(statement, parameters, from: source)
      return try .page(
        answer, reading, columns: 1, owner: user, { try $0.message(from: $1) }, keyset: { $0.historyKeyset })
    }
    guard let field = list.messagesField else { return try await cache.readUncached(for: terms, load: load) }
    return try await cache.read(.user(user), field, for: terms, load: load)
  }

  /// A page of conversations, newest first: of one user through the cache, of all users from the primary.
  package func conversations(
    _ filter: ConversationFilter, _ list: ListRequest, for terms: ReadTerms = ReadTerms()
  ) async throws -> CacheAnswer {
    let load: Cache.Load = { source in
      let reading = try await open(list, in: .conversations(filter))
      let (statement, parameters) = ConversationStatements.page(filter, reading)
      let answer = try await databases.read(
        statement, parameters, from: source, isExpensive: filter.userID == nil)
      return try .page(
        answer, reading, columns: 1, owner: filter.userID, { try $0.conversation(from: $1) },
        keyset: { $0.keyset })
    }
    guard let owner = filter.userID, list.isCacheable else {
      return try await cache.readUncached(for: terms, load: load)
    }
    let field = CacheField.conversations(
      status: filter.status, transcriptReceived: filter.transcriptReceived, page: list.page.page,
      limit: list.page.limit)
    return try await cache.read(.user(owner), field, for: terms, load: load)
  }
}

extension CacheAnswer {
  /// Throws `notFound` where the value belongs to somebody outside of the scope.
  fileprivate func within(_ scope: OwnerScope) throws(WriteRefusal) -> CacheAnswer {
    guard value.status != 200 || scope.includes(value.owner) else { throw .notFound }
    return self
  }
}

extension CacheLoad {
  static func absent(_ answer: DatabaseRoles.Answer) -> CacheLoad {
    CacheLoad(status: 404, body: ByteBuffer(), lsn: answer.lsn, isPrimary: answer.isPrimary)
  }

  static func found(_ body: [UInt8], owner: UserID?, _ answer: DatabaseRoles.Answer) -> CacheLoad {
    CacheLoad(
      body: ByteBuffer(bytes: body), owner: owner?.text, lsn: answer.lsn, isPrimary: answer.isPrimary)
  }
}

import Cache
import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird
import NIOCore

/// `/conversations`: create, list, read, patch, delete.
struct ConversationRoutes: Sendable {
  let store: ConversationStore

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.listConversations: list, .createConversation: create])
    routes.add([.readConversation: read, .patchConversation: patch, .deleteConversation: delete])
    routes.add([.listConversationMessages: messages])
  }

  @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    try request.refuseQuery()
    let new = try NewConversation(decoding: try await request.collectJSON(), role: principal.role)
    let owner = principal.role.seesEverything ? new.userID : principal.userID
    let receipt = try await store.create(new, owner: owner)
    return written(.created, receipt, [.location: "/conversations/\(receipt.conversation.id)"])
  }

  @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    let start = ContinuousClock.now
    let terms = try request.readTerms()
    let principal = context.principal
    let (filter, list) = try request.readQuery { query in
      let filter = ConversationFilter(&query, subject: principal.userID, role: principal.role)
      return (filter, ListRequest(&query))
    }
    return CachedResponse.make(try await store.conversations(filter, list, for: terms), since: start)
  }

  @Sendable private func read(_ request: Request, _ context: APIContext) async throws -> Response {
    let start = ContinuousClock.now
    let terms = try request.readTerms()
    let id = try conversationID(context)
    try request.refuseQuery()
    let answer = try await store.conversation(id, for: terms)
    try authorize(answer, context.principal)
    return CachedResponse.make(answer, since: start)
  }

  @Sendable private func messages(_ request: Request, _ context: APIContext) async throws -> Response {
    let start = ContinuousClock.now
    let terms = try request.readTerms()
    let id = try conversationID(context)
    let list = try request.readQuery { ListRequest(&$0) }
    let answer = try await store.messages(of: id, list, for: terms)
    try authorize(answer, context.principal)
    return CachedResponse.make(answer, since: start)
  }

  @Sendable private func patch(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    let id = try conversationID(context)
    try request.refuseQuery()
    let body = try await request.collectJSON(accepting: ["application/json", "application/merge-patch+json"])
    let patch = try ConversationPatch(decoding: body, role: principal.role)
    let conditions = EntityTags(request.headers[values: .ifMatch])
    let receipt = try await store.patch(
      id, patch, mayAccess: { principal.mayAccess(owner: $0) },
      matches: { conditions.match($0) })
    return written(.ok, receipt)
  }

  @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    let id = try conversationID(context)
    try request.refuseQuery()
    let invalidated = try await store.delete(id) { principal.mayAccess(owner: $0) }
    return Response(status: .noContent, headers: pending(invalidated))
  }

  /// An id that is no UUID names nothing: the same 404 as an unknown one.
  private func conversationID(_ context: APIContext) throws(Problem) -> ConversationID {
    guard let id = context.pathID.flatMap({ ConversationID($0) }) else { throw .notFound }
    return id
  }

  /// Nothing leaves before this: somebody else's is the same 404 as none.
  private func authorize(_ answer: CacheAnswer, _ principal: Principal) throws(Problem) {
    guard answer.value.status == 200, principal.mayAccess(owner: answer.value.owner) else { throw .notFound }
  }

  private func written(
    _ status: HTTPResponse.Status, _ receipt: WriteReceipt, _ more: HTTPFields = [:]
  ) -> Response {
    let body = ByteBuffer(bytes: receipt.conversation.jsonBytes())
    var headers = pending(receipt.invalidated)
    headers[.eTag] = CachedValue.etag(of: body)
    for field in more { headers.append(field) }
    return .json(status, body, headers)
  }

  /// Told when another instance may still answer with what was before.
  private func pending(_ invalidated: Bool) -> HTTPFields {
    invalidated ? [:] : [.cacheStatus: "redis; detail=invalidation-pending"]
  }
}

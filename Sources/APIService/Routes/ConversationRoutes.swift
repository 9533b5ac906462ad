import Cache
import ConversationStore
import Conversations
import Erasure
import HTTPTypes
import Hummingbird
import NIOCore

/// `/conversations`: create, list, read, patch, delete.
struct ConversationRoutes: Sendable {
  let store: ConversationStore
  let eraser: Eraser

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.listConversations: list, .createConversation: create])
    routes.add([.readConversation: read, .patchConversation: patch, .deleteConversation: delete])
    routes.add([.listConversationMessages: messages])
  }

  @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    try request.refuseQuery()
    let body = try await request.collectJSON()
    let once = try request.idempotent(as: principal, route: "POST /conversations", body)
    let new = try NewConversation(decoding: body, role: principal.role)
    let owner = principal.role.seesEverything ? new.userID : principal.userID
    guard let once else { return try created(CreationReceipt(try await store.create(new, owner: owner))) }
    return try created(try await store.create(new, owner: owner, once: once))
  }

  private func created(_ receipt: CreationReceipt) throws(Problem) -> Response {
    let replayed: HTTPFields = receipt.isReplay ? [.idempotentReplayed: "true"] : [:]
    switch receipt.outcome {
    case .created(let id, let body):
      let location: HTTPFields = [.location: "/conversations/\(id)"]
      return written(.created, ByteBuffer(bytes: body), receipt.invalidated, location + replayed)
    case .refused(let refusal):
      var problem = Problem(refusal)
      problem.headers += replayed
      throw problem
    }
  }

  @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    let terms = try request.readTerms(context)
    let principal = context.principal
    let (filter, list, links) = try request.readList(at: "/conversations") { query in
      ConversationFilter(&query, subject: principal.userID, role: principal.role)
    }
    let answer = try await store.conversations(filter, list, for: terms)
    return CachedResponse.make(answer, links: links, since: context.start)
  }

  @Sendable private func read(_ request: Request, _ context: APIContext) async throws -> Response {
    let terms = try request.readTerms(context)
    let id = try conversationID(context)
    try request.refuseQuery()
    let answer = try await context.answer {
      try await store.conversation(id, in: context.principal.scope, for: terms)
    }
    try authorize(answer, context.principal)
    return CachedResponse.make(answer, since: context.start)
  }

  @Sendable private func messages(_ request: Request, _ context: APIContext) async throws -> Response {
    let terms = try request.readTerms(context)
    let id = try conversationID(context)
    let (_, list, links) = try request.readList(at: "/conversations/\(id)/messages")
    let answer = try await context.answer {
      try await store.messages(of: id, list, in: context.principal.scope, for: terms)
    }
    try authorize(answer, context.principal)
    return CachedResponse.make(answer, links: links, since: context.start)
  }

  @Sendable private func patch(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    let id = try conversationID(context)
    try request.refuseQuery()
    let body = try await request.collectJSON(accepting: ["application/json", "application/merge-patch+json"])
    let patch = try ConversationPatch(decoding: body, role: principal.role)
    let conditions = EntityTags(request.headers[values: .ifMatch])
    let receipt = try await store.patch(
      id, patch, in: principal.scope,
      matches: { conditions.match($0) })
    return written(.ok, ByteBuffer(bytes: receipt.conversation.jsonBytes()), receipt.invalidated)
  }

  @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
    let principal = context.principal
    let id = try conversationID(context)
    try request.refuseQuery()
    let conditions = EntityTags(request.headers[values: .ifMatch])
    let receipt = try await store.delete(id, in: principal.scope, matches: { conditions.match($0) })
    await eraser.eraseAtOnce(receipt.conversation.externalID)
    return Response(status: .noContent, headers: pending(receipt.invalidated))
  }

  /// An id that is no UUID names nothing: the same 404 as an unknown one.
  private func conversationID(_ context: APIContext) throws(Problem) -> ConversationID {
    guard let id = context.pathID.flatMap({ ConversationID($0) }) else { throw .notFound }
    return id
  }

  /// Nothing leaves before this: somebody else's is the same 404 as none.
  private func authorize(_ answer: CacheAnswer, _ principal: Principal) throws(Problem) {
    guard principal.maySee(answer.value) else { throw .notFound }
  }

  private func written(
    _ status: HTTPResponse.Status, _ body: ByteBuffer, _ invalidated: Bool, _ more: HTTPFields = [:]
  ) -> Response {
    let tag: HTTPFields = [.eTag: CachedValue.etag(of: body)]
    return .json(status, body, tag + pending(invalidated) + more)
  }

  /// Told when another instance may still answer with what was before.
  private func pending(_ invalidated: Bool) -> HTTPFields {
    invalidated ? [:] : [.cacheStatus: "redis; detail=invalidation-pending"]
  }
}

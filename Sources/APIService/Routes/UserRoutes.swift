import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird

/// `/users/{id}`: a user's message history, and his erasure.
struct UserRoutes: Sendable {
  let store: ConversationStore

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.eraseUser: erase])
    routes.add([.listUserMessages: messages])
  }

  /// Who may not is told so whatever the id, which says nothing about users. The work is done step by step, by whichever
  /// process comes first.
  @Sendable private func erase(_ request: Request, _ context: APIContext) async throws -> Response {
    guard context.principal.role.seesEverything else {
      throw Problem.forbidden("forbidden", "only a service or an admin may erase a user")
    }
    guard let user = context.pathID.flatMap({ UserID($0) }) else { throw Problem.notFound }
    try request.refuseQuery()
    try await store.requestErasure(of: user)
    return Response(status: .accepted)
  }

  /// Authorised before looking: another user's id is the same 404 as an impossible one.
  @Sendable private func messages(_ request: Request, _ context: APIContext) async throws -> Response {
    let terms = try request.readTerms(context)
    guard let user = context.pathID.flatMap({ UserID($0) }),
      context.principal.mayAccess(user: user)
    else { throw Problem.notFound }
    let path = "/users/\(PercentEncoder.encode(user.text))/messages"
    let (_, list, links) = try request.readList(at: path)
    let answer = try await store.messages(of: user, list, for: terms)
    return CachedResponse.make(answer, links: links, since: context.start)
  }
}

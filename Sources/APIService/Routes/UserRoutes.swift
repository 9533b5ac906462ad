import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird

/// `/users/{id}`: a user's message history.
struct UserRoutes: Sendable {
  let store: ConversationStore

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.listUserMessages: messages])
  }

  /// Authorised before looking: another user's id is the same 404 as an impossible one.
  @Sendable private func messages(_ request: Request, _ context: APIContext) async throws -> Response {
    let start = ContinuousClock.now
    let terms = try request.readTerms()
    guard let user = context.pathID.flatMap({ UserID($0) }),
      context.principal.mayAccess(user: user)
    else { throw Problem.notFound }
    let list = try request.readQuery { ListRequest(&$0) }
    let answer = try await store.messages(of: user, list, for: terms)
    return CachedResponse.make(answer, since: start)
  }
}

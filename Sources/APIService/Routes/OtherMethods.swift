import HTTPTypes
import Hummingbird

/// Makes one method of all that no route has, since a router looks each up by its name: so they are a 405 where the path
/// is served, whatever they are called. Stands in front of the router.
struct OtherMethods<Router: HTTPResponder>: HTTPResponder where Router.Context == APIContext {
  let router: Router

  init(_ router: Router) { self.router = router }

  func respond(to request: Request, context: APIContext) async throws -> Response {
    guard !HTTPRequest.Method.routed.contains(request.method) else {
      return try await router.respond(to: request, context: context)
    }
    var head = request.head
    head.method = .other
    return try await router.respond(to: Request(head: head, body: request.body), context: context)
  }
}

extension HTTPRequest.Method {
  /// Those that routes have.
  static let routed: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  /// Stands for all others, and for itself.
  static let other: HTTPRequest.Method = {
    guard let method = HTTPRequest.Method("OTHER") else { preconditionFailure("OTHER is no method") }
    return method
  }()
}

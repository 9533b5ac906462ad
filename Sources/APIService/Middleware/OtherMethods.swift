import HTTPTypes
import Hummingbird

/// Makes one method of all that no route has, since a router looks each up by its name: so they are a 405 where the path
/// is served, whatever they are called.
struct OtherMethods: RouterMiddleware {
  /// Those that routes have.
  static let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  /// Stands for all others, and for itself.
  static let other: HTTPRequest.Method = {
    guard let method = HTTPRequest.Method("OTHER") else { preconditionFailure("OTHER is no method") }
    return method
  }()

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    guard !Self.known.contains(request.method) else { return try await next(request, context) }
    var head = request.head
    head.method = Self.other
    return try await next(Request(head: head, body: request.body), context)
  }
}

import HTTPTypes
import Hummingbird
import Settings

/// Finds the client's address behind trusted proxies: `TRUSTED_PROXIES`.
struct Forwarding: RouterMiddleware {
  let proxies: NetworkList

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    let hops = request.headers[values: .xForwardedFor]
    if !hops.isEmpty {
      context.clientAddress = ClientAddress(
        peer: IPAddress(context.remoteAddress), forwardedFor: hops, trusting: proxies)
    }
    return try await next(request, context)
  }
}

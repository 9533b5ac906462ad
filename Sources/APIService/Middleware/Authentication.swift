import HTTPTypes
import Hummingbird

/// Lets a request through only with a principal; comes before any validation.
struct Authentication: RouterMiddleware {
  let identity: Identity
  let limits: RateLimits

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    do {
      context.principal = try await identity.authenticate(request.headers[.authorization])
    } catch {
      throw await limits.refusal(of: error, from: context.clientAddress)
    }
    return try await next(request, context)
  }
}

import HTTPTypes
import Hummingbird
import RateLimit

/// Counts each request of a limited principal once, refuses those beyond the limit, and tells of it in every answer.
///
/// A read is counted in the round trip of its lookup; everything else before the handler begins.
struct RateLimiting: RouterMiddleware {
  let limits: RateLimits

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    guard let ticket = context.prepared?.ticket ?? limits.ticket(for: context.principal) else {
      return try await next(request, context)
    }
    var context = context
    context.rateTicket = ticket
    do {
      var response = try await count(request, context, ticket, next)
      response.headers.append(contentsOf: RateLimitFields.of(ticket))
      return response
    } catch {
      throw LimitedFailure(error, ticket)
    }
  }

  private func count(
    _ request: Request, _ context: APIContext, _ ticket: RateTicket,
    _ next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    guard request.method == .get || request.method == .head else {
      try await ticket.pass()
      return try await next(request, context)
    }
    try ticket.confirm()
    // What is answered without a lookup, a bad query for instance, counts too.
    let response: Response
    do { response = try await next(request, context) } catch {
      try await ticket.pass()
      throw error
    }
    try await ticket.pass()
    return response
  }
}

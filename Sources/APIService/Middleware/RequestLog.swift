import HTTPTypes
import Hummingbird
import Telemetry

/// Outermost: names the request, gives it a deadline, turns errors into problems, counts it, and writes one line about
/// it.
struct RequestLog: RouterMiddleware {
  let record: RequestRecord
  /// Nil when browsers have no business here.
  let crossOrigin: CrossOriginPolicy?
  /// A request that takes longer is a 504.
  static let limit: Duration = .seconds(5)

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.requestID = RequestID.accept(request.headers[.xRequestID])
    var response: Response
    var failure: (any Error)?
    do {
      response = try await RequestDeadline.within(Self.limit) { try await answer(request, context, next) }
    } catch {
      failure = error
      let problem = Problem(error)
      response = problem.response(instance: request.uri.path, requestID: context.requestID)
      if request.method == .head { response = response.createHeadResponse() }
    }
    response.headers[.xRequestID] = context.requestID
    crossOrigin?.mark(&response.headers, for: request.headers[.origin])
    let duration = ContinuousClock.now - context.start
    // Whatever it is, nobody reads it: the client has gone, or the process must end.
    let status = Task.isCancelled && failure != nil ? .clientHasGone : response.status
    record.add(
      request.method, route: context.endpointPath, path: request.uri.path, status, in: duration,
      requestID: context.requestID, failure: failure)
    return response
  }

  /// What no route answers, or the route.
  private func answer(
    _ request: Request, _ context: APIContext, _ next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    if request.uri.path.hasEmptySegment { throw Problem.notFound }
    if request.uri.path == "*" { return Response(status: .noContent, headers: [.allow: Self.methods]) }
    if let headers = crossOrigin?.preflight(request.head) {
      return Response(status: .noContent, headers: headers)
    }
    guard request.headers[.expect] != nil else { return try await next(request, context) }
    var request = request
    request.body = RequestBody(asyncSequence: AwaitedBody(body: request.body, channel: context.channel))
    return try await next(request, context)
  }

  /// Those that any route has.
  private static let methods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST"
}

extension String {
  /// The router would pass over it, and one resource have many names.
  fileprivate var hasEmptySegment: Bool {
    var last: UInt8 = 0
    return utf8.contains { byte in
      defer { last = byte }
      return byte == UInt8(ascii: "/") && last == byte
    }
  }
}

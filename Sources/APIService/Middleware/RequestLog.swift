import HTTPTypes
import Hummingbird
import Logging
import Telemetry

/// Outermost: names the request, turns errors into problems, counts it, and writes one line about it.
struct RequestLog: RouterMiddleware {
  let logger: Logger
  let metrics: RequestMetrics

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    var context = context
    context.requestID = RequestID.accept(request.headers[.xRequestID])
    var response: Response
    var failure: (any Error)?
    do { response = try await next(request, context) } catch {
      failure = error
      let problem = Problem(error)
      response = problem.response(instance: request.uri.path, requestID: context.requestID)
      if request.method == .head { response = response.createHeadResponse() }
    }
    response.headers[.xRequestID] = context.requestID
    let duration = ContinuousClock.now - start
    metrics.count(request.method, route: context.endpointPath, response.status, in: duration)
    log(request, context, response.status, duration, failure)
    return response
  }

  /// The path without its query: a query may hold the webhook token.
  private func log(
    _ request: Request, _ context: APIContext, _ status: HTTPResponse.Status, _ duration: Duration,
    _ failure: (any Error)?
  ) {
    let route = context.endpointPath ?? request.uri.path
    // A probe that finds us not ready is the asker's news, several times a second.
    let level: Logger.Level = route.hasPrefix("/health") ? .debug : status.code >= 500 ? .error : .info
    guard logger.logLevel <= level else { return }
    var facts: Logger.Metadata = [
      LogKey.requestID: "\(context.requestID)",
      LogKey.method: "\(request.method.rawValue)",
      LogKey.route: "\(route)",
      LogKey.status: "\(status.code)",
      LogKey.durationMilliseconds: "\(duration.milliseconds)",
    ]
    if status.code >= 500, let failure { facts[LogKey.error] = "\(failure)" }
    logger.log(level: level, "request", metadata: facts)
  }
}

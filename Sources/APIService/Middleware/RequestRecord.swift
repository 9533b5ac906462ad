import HTTPTypes
import Logging
import Telemetry

/// What remains of a request that was answered: it is counted, and a line of the log tells of it.
struct RequestRecord: Sendable {
  let logger: Logger
  let metrics: RequestMetrics

  /// - Parameters:
  ///   - route: the template; nil when no route was found.
  ///   - path: without its query, which may hold the webhook token.
  ///   - failure: what a server error comes from.
  func add(
    _ method: HTTPRequest.Method, route: String?, path: String, _ status: HTTPResponse.Status,
    in duration: Duration, requestID: String, failure: (any Error)? = nil
  ) {
    metrics.series(method, route: route, status).count(in: duration)
    let isProbe = route?.hasPrefix("/health") ?? false
    // A probe that finds us not ready is the asker's news, several times a second.
    let level: Logger.Level = isProbe ? .debug : status.code >= 500 ? .error : .info
    log(level, method, route ?? path, status, in: duration, requestID: requestID, failure: failure)
  }

  /// The line alone.
  func log(
    _ level: Logger.Level, _ method: HTTPRequest.Method, _ route: String, _ status: HTTPResponse.Status,
    in duration: Duration, requestID: String, failure: (any Error)? = nil
  ) {
    guard logger.logLevel <= level else { return }
    var facts: Logger.Metadata = [
      LogKey.requestID: "\(requestID)",
      LogKey.method: "\(method.rawValue)",
      LogKey.route: "\(route)",
      LogKey.status: "\(status.code)",
      LogKey.durationMilliseconds: "\(duration.milliseconds)",
    ]
    if status.code >= 500, let failure { facts[LogKey.error] = "\(failure)" }
    logger.log(level: level, "request", metadata: facts)
  }
}

extension HTTPResponse.Status {
  /// As nginx has it; only ever counted and logged.
  static let clientHasGone = HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
}

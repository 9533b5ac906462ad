import HTTPTypes

extension HTTPField.Name {
  static let xRequestID = known("X-Request-Id")
  /// RFC 9211.
  static let cacheStatus = known("Cache-Status")
  /// W3C Trace Context.
  static let traceparent = known("traceparent")
  /// W3C Server Timing.
  static let serverTiming = known("Server-Timing")

  /// CSP 3.
  static let contentSecurityPolicy = known("Content-Security-Policy")

  static let xForwardedFor = known("X-Forwarded-For")
  /// RFC 7239.
  static let forwarded = known("Forwarded")

  /// Standard Webhooks 1.0.
  static let webhookID = known("webhook-id")
  static let webhookTimestamp = known("webhook-timestamp")
  static let webhookSignature = known("webhook-signature")

  private static func known(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return field
  }
}

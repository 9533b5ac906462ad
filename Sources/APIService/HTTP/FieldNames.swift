import HTTPTypes

extension HTTPField.Name {
  static let xRequestID = known("X-Request-Id")
  /// RFC 9211.
  static let cacheStatus = known("Cache-Status")
  /// RFC 8288.
  static let link = known("Link")
  /// The IETF's draft, and Stripe's.
  static let idempotencyKey = known("Idempotency-Key")
  /// Stripe's: the answer is that of an earlier request with the same key.
  static let idempotentReplayed = known("Idempotent-Replayed")
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

  static func known(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return field
  }
}

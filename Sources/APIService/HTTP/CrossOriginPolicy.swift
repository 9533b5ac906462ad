import HTTPTypes

/// What pages of other origins may do (the Fetch standard's CORS). Without credentials: tokens travel in
/// `Authorization`, which a page must name, and cookies are none of ours.
struct CrossOriginPolicy: Sendable {
  /// What every answer depends on.
  static let origin = "Origin"
  private let origins: Set<String>

  /// Nil when no origin is named.
  init?(_ settings: CrossOriginSettings) {
    guard !settings.origins.isEmpty else { return nil }
    origins = settings.origins
  }

  /// The answer's header fields when the request only asks whether another may be sent; it carries no token.
  func preflight(_ request: HTTPRequest) -> HTTPFields? {
    guard request.method == .options, let origin = request.headerFields[.origin], origins.contains(origin),
      request.headerFields[.accessControlRequestMethod] != nil
    else { return nil }
    return [
      .accessControlAllowMethods: "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
      .accessControlAllowHeaders: Self.requestFields,
      .accessControlMaxAge: "600",
    ]
  }

  /// Tells a browser whether the page may see the answer; shared caches, that it depends on who asks.
  func mark(_ headers: inout HTTPFields, for origin: String?) {
    headers[.vary] = headers[.vary].map(vary) ?? Self.origin
    addFields(for: origin, to: &headers)
  }

  /// What an answer depends on beside what it says itself.
  func vary(_ value: String) -> String { "\(value), \(Self.origin)" }

  func addFields(for origin: String?, to sink: inout some FieldSink) {
    guard let origin, origins.contains(origin) else { return }
    sink.add(.accessControlAllowOrigin, origin)
    sink.add(.accessControlExposeHeaders, Self.answerFields)
  }

  /// Besides those that need no leave.
  private static let requestFields =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, Tracestate, X-Request-Id"

  private static let answerFields = [
    "Allow", "Cache-Status", "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit",
    "RateLimit-Policy", "Retry-After", "Server-Timing", "WWW-Authenticate", "X-RateLimit-Limit",
    "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id",
  ].joined(separator: ", ")
}

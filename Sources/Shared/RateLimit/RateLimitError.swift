/// Why a request is turned away.
package struct RateLimitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds that callers tell apart.
  package enum Code: String, Sendable {
    /// The quota is used up: 429.
    case exceeded
    /// Redis did not answer, and requests that nobody counts are to be refused: 503.
    case notCounted
  }

  package let code: Code
  /// Words for a log.
  package let detail: String
  /// When to come back.
  package let retryAfter: Duration

  /// The same request may be admitted later.
  package var isRetryable: Bool { true }

  package var description: String { "rate limit \(code.rawValue): \(detail)" }

  static func exceeded(_ quota: Quota, _ wait: Duration) -> RateLimitError {
    RateLimitError(
      code: .exceeded, detail: "more than \(quota.requests) requests in \(quota.windowSeconds) s",
      retryAfter: wait)
  }

  static let notCounted = RateLimitError(
    code: .notCounted, detail: "requests cannot be counted now", retryAfter: .seconds(1))
}

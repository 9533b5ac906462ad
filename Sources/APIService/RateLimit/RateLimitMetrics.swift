import Metrics
import RateLimit
import Telemetry

/// Counts what one limit does.
struct RateLimitMetrics: Sendable {
  private let admitted: Counter
  private let refused: Counter
  private let fallbacks: Counter

  /// Everything is there from the start, at nought.
  init(_ registry: PrometheusMetrics, limit: String) {
    admitted = registry.counter(MetricName.rateLimitRequests, [("limit", limit), ("outcome", "allowed")])
    refused = registry.counter(MetricName.rateLimitRequests, [("limit", limit), ("outcome", "refused")])
    fallbacks = registry.counter(MetricName.rateLimitFallbacks, [("limit", limit)])
  }

  func count(_ event: RateLimiter.Event) {
    switch event {
    case .admitted: admitted.increment()
    case .refused: refused.increment()
    case .storeFailed: fallbacks.increment()
    }
  }
}

import HTTPTypes
import Metrics
import NIOConcurrencyHelpers
import Telemetry

/// Counts and times requests. Making a metric is dear, so each is kept once it was made: routes are few, and what no
/// route takes counts as one.
struct RequestMetrics: Sendable {
  private struct Key: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  /// What requests of one kind are counted in.
  struct Series: Sendable {
    let requests: Counter
    let duration: Metrics.Timer

    /// One more; takes no lock.
    func count(in duration: Duration) {
      requests.increment()
      let (seconds, attoseconds) = duration.components
      self.duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
  }

  private let registry: PrometheusMetrics
  private let known = NIOLockedValueBox<[Key: Series]>([:])
  private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .patch, .delete, .options, .put]

  init(_ registry: PrometheusMetrics) { self.registry = registry }

  /// - Parameter route: the template; nil when there is none, and the path is anything at all.
  func series(
    _ method: HTTPRequest.Method, route: String?, _ status: HTTPResponse.Status
  ) -> Series {
    let key = Key(
      method: Self.methods.contains(method) ? method.rawValue : "other", route: route ?? "NotFound",
      status: status.code)
    return known.withLockedValue { $0[key] } ?? make(key)
  }

  private func make(_ key: Key) -> Series {
    let series = Series(
      requests: registry.counter(
        MetricName.apiRequests,
        [("method", key.method), ("route", key.route), ("status", String(key.status))]),
      duration: registry.timer(MetricName.apiDuration, [("route", key.route)]))
    known.withLockedValue { $0[key] = series }
    return series
  }
}

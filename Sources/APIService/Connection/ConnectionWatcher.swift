import HTTPTypes
import Logging
import Metrics
import NIOConcurrencyHelpers
import Telemetry

/// What connections tell the operator, and are told.
struct ConnectionWatcher: Sendable {
  /// Whether answers end their connections, so that clients come back elsewhere.
  let isDraining: @Sendable () -> Bool
  private let registry: PrometheusMetrics
  private let connections: Meter
  private let refusals = NIOLockedValueBox<[String: Counter]>([:])
  private let logger: Logger

  init(metrics: PrometheusMetrics, logger: Logger, isDraining: @escaping @Sendable () -> Bool) {
    registry = metrics
    connections = metrics.gauge(MetricName.apiConnections)
    self.logger = logger
    self.isDraining = isDraining
  }

  func opened() { connections.increment() }

  func closed() { connections.decrement() }

  /// A request was answered before any route saw it.
  func refused(_ problem: Problem, requestID: String) {
    counter(problem.code).increment()
    logger.info(
      "refused",
      metadata: [
        LogKey.requestID: "\(requestID)", LogKey.status: "\(problem.status.code)",
        LogKey.error: "\(problem.code): \(problem.detail)",
      ])
  }

  private func counter(_ code: String) -> Counter {
    refusals.withLockedValue { refusals in
      if let known = refusals[code] { return known }
      let new = registry.counter(MetricName.apiRefusals, [("code", code)])
      refusals[code] = new
      return new
    }
  }
}

package import Telemetry

/// What `/metrics` answers, and to whom.
package struct MetricsPage: Sendable {
  private let networks: NetworkList
  private let families: @Sendable () async -> [MetricFamily]

  /// - Parameter networks: `ADMIN_NETWORKS`.
  package init(networks: NetworkList, families: @escaping @Sendable () async -> [MetricFamily]) {
    self.networks = networks
    self.families = families
  }

  /// - Parameters:
  ///   - address: who asks, nil if unknown.
  ///   - accept: the values of its `Accept` fields.
  /// - Returns: nil for others than operators, who are not told that there is anything.
  package func answer(to address: IPAddress?, accept: [String]) async -> (contentType: String, text: String)?
  {
    guard let address, networks.contains(address) else { return nil }
    let format = ExpositionFormat(accept: accept.joined(separator: ","))
    return (format.contentType, format.render(await families()))
  }
}

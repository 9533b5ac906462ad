/// A metric as its readers know it.
package struct MetricDescription: Sendable, Hashable {
  /// By Prometheus' conventions: base units, counters end in `_total`.
  package let name: String
  /// One sentence.
  package let help: String
  /// Upper bounds of a histogram's buckets, ascending, without infinity; empty for everything else.
  package let buckets: [Double]

  package init(_ name: String, _ help: String, buckets: [Double] = []) {
    self.name = name
    self.help = help
    self.buckets = buckets
  }
}

extension [Double] {
  /// For work within the process, in seconds: from half a millisecond to the watchdog's patience.
  package static let workSeconds: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]
  /// For what includes a queue's waiting and retries, in seconds: up to an hour.
  package static let queueSeconds: [Double] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
  ]
  /// For numbers of things.
  package static let powersOfTwo: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
}

internal import Metrics
internal import Synchronization

/// Where one series is counted. Recording takes no lock: several loops may do it at once.
protocol MetricCell: AnyObject, Sendable {
  static var kind: MetricFamily.Kind { get }
  var value: MetricFamily.Value { get }
}

final class CounterCell: MetricCell, CounterHandler {
  static let kind = MetricFamily.Kind.counter
  private let count = Atomic<Int64>(0)

  var value: MetricFamily.Value { .number(Double(count.load(ordering: .relaxed))) }

  func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

  func reset() { count.store(0, ordering: .relaxed) }
}

final class GaugeCell: MetricCell, RecorderHandler, MeterHandler {
  static let kind = MetricFamily.Kind.gauge
  private let last = Atomic<Double>(0)

  var value: MetricFamily.Value { .number(last.load(ordering: .relaxed)) }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) { last.store(value, ordering: .relaxed) }

  func set(_ value: Int64) { record(Double(value)) }

  func set(_ value: Double) { record(value) }

  func increment(by amount: Double) { last.add(amount) }

  func decrement(by amount: Double) { last.add(-amount) }
}

/// Times are observed in seconds.
final class HistogramCell: MetricCell, RecorderHandler, TimerHandler {
  static let kind = MetricFamily.Kind.histogram
  private let bounds: [Double]
  /// One more than there are bounds.
  private let buckets: [Bucket]
  private let sum = Atomic<Double>(0)

  /// An atomic cannot be an array's element by itself.
  private final class Bucket: Sendable {
    let count = Atomic<Int>(0)
  }

  init(bounds: [Double]) {
    self.bounds = bounds
    buckets = (0...bounds.count).map { _ in Bucket() }
  }

  var value: MetricFamily.Value {
    .histogram(
      counts: buckets.map { $0.count.load(ordering: .relaxed) }, sum: sum.load(ordering: .relaxed))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    // A value that is no number would spoil the sum for good.
    guard value.isFinite else { return }
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    buckets[index].count.wrappingAdd(1, ordering: .relaxed)
    sum.add(value)
  }
}

extension Atomic<Double> {
  fileprivate func add(_ amount: Double) {
    var old = load(ordering: .relaxed)
    while true {
      let (exchanged, current) = weakCompareExchange(
        expected: old, desired: old + amount, ordering: .relaxed)
      if exchanged { return }
      old = current
    }
  }
}

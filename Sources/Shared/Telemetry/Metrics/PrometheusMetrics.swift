package import Metrics
internal import NIOConcurrencyHelpers

/// A backend of swift-metrics that shows what was recorded as text that Prometheus reads.
///
/// Recording is an atomic addition. Making a metric and ``families`` take a lock: make what the busy path records
/// once. A label's values are expected to be few; when a metric has ``seriesLimit`` series, every further value
/// becomes `other`, so that no flood of values costs memory without end.
package final class PrometheusMetrics: MetricsFactory, Sendable {
  private struct Family {
    let metric: MetricDescription
    let kind: MetricFamily.Kind
    var cells: [LabelText: any MetricCell] = [:]
  }

  private let seriesLimit: Int
  private let registered = NIOLockedValueBox<[String: Family]>([:])

  package init(seriesLimit: Int = 200) {
    self.seriesLimit = seriesLimit
  }

  /// Everything recorded so far.
  package var families: [MetricFamily] {
    registered.withLockedValue { $0 }.values.map { family in
      MetricFamily(family.metric, family.kind, family.cells.mapValues(\.value))
    }
  }

  package func counter(_ metric: MetricDescription, _ labels: [(String, String)] = []) -> Counter {
    let cell = cell(metric, labels) { CounterCell() }
    return Counter(label: metric.name, dimensions: labels, handler: cell, factory: self)
  }

  /// A histogram of numbers.
  package func recorder(_ metric: MetricDescription, _ labels: [(String, String)] = []) -> Recorder {
    let cell = cell(metric, labels) { HistogramCell(bounds: metric.buckets) }
    return Recorder(
      label: metric.name, dimensions: labels, aggregate: true, handler: cell, factory: self)
  }

  /// A histogram of durations.
  package func timer(_ metric: MetricDescription, _ labels: [(String, String)] = []) -> Timer {
    let cell = cell(metric, labels) { HistogramCell(bounds: metric.buckets) }
    return Timer(label: metric.name, dimensions: labels, handler: cell, factory: self)
  }

  /// A number that goes up and down.
  package func gauge(_ metric: MetricDescription, _ labels: [(String, String)] = []) -> Meter {
    let cell = cell(metric, labels) { GaugeCell() }
    return Meter(label: metric.name, dimensions: labels, handler: cell, factory: self)
  }

  /// The series' cell. A name that is taken by another kind of metric gives one that nobody sees: two libraries'
  /// quarrel must neither end the process nor spoil the text.
  private func cell<Cell: MetricCell>(
    _ metric: MetricDescription, _ labels: [(String, String)], _ make: () -> Cell
  ) -> Cell {
    registered.withLockedValue { families in
      var family = families[metric.name] ?? Family(metric: metric, kind: Cell.kind)
      guard family.kind == Cell.kind else { return make() }
      var text = LabelText(labels)
      if family.cells[text] == nil, family.cells.count >= seriesLimit {
        text = LabelText(labels.map { ($0.0, "other") })
      }
      if let known = family.cells[text] { return known as? Cell ?? make() }
      let new = make()
      family.cells[text] = new
      families[metric.name] = family
      return new
    }
  }

  private func remove(_ handler: AnyObject) {
    registered.withLockedValue { families in
      for (name, family) in families {
        families[name]?.cells = family.cells.filter { $0.value !== handler }
      }
    }
  }
}

// What other libraries ask for: names are made fit, buckets are the usual ones.
extension PrometheusMetrics {
  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    cell(.foreign(label, suffix: "_total"), dimensions) { CounterCell() }
  }

  package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
    -> any RecorderHandler
  {
    guard aggregate else { return cell(.foreign(label), dimensions) { GaugeCell() } }
    let metric = MetricDescription.foreign(label, buckets: .powersOfTwo)
    return cell(metric, dimensions) { HistogramCell(bounds: metric.buckets) }
  }

  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    cell(.foreign(label), dimensions) { GaugeCell() }
  }

  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    let metric = MetricDescription.foreign(label, suffix: "_seconds", buckets: .workSeconds)
    return cell(metric, dimensions) { HistogramCell(bounds: metric.buckets) }
  }

  package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

  package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

  package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

  package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

extension MetricDescription {
  fileprivate static func foreign(_ label: String, suffix: String = "", buckets: [Double] = []) -> Self {
    let name = metricIdentifier(label, allowsColon: true)
    return MetricDescription(name.hasSuffix(suffix) ? name : name + suffix, "", buckets: buckets)
  }
}

import Metrics
import Telemetry
import Testing

@Suite struct PrometheusMetricsTests {
  private static let calls = MetricDescription("calls_total", "Calls.")

  @Test("A series is one, whoever made it and in whatever order its labels are named")
  func identity() {
    let metrics = PrometheusMetrics()
    metrics.counter(Self.calls, [("a", "1"), ("b", "2")]).increment()
    metrics.counter(Self.calls, [("b", "2"), ("a", "1")]).increment()
    #expect(metrics.families.map(\.series) == [[LabelText([("a", "1"), ("b", "2")]): .number(2)]])
  }

  @Test("Nothing is lost when many count at once")
  func concurrency() async {
    let metrics = PrometheusMetrics()
    let counter = metrics.counter(Self.calls)
    let sizes = metrics.recorder(MetricDescription("sizes", "", buckets: [1, 2]))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10_000 {
            counter.increment()
            sizes.record(2)
          }
        }
      }
    }
    #expect(value(metrics, "calls_total") == .number(80_000))
    #expect(value(metrics, "sizes") == .histogram(counts: [0, 80_000, 0], sum: 160_000))
  }

  @Test("Beyond the limit every further value of a label is “other”")
  func bounded() {
    let metrics = PrometheusMetrics(seriesLimit: 3)
    for number in 0..<1000 { metrics.counter(Self.calls, [("id", "\(number)")]).increment() }
    metrics.counter(Self.calls, [("id", "1")]).increment()
    let series = metrics.families[0].series
    #expect(series.count == 4)
    #expect(series[LabelText([("id", "1")])] == .number(2))
    #expect(series[LabelText([("id", "other")])] == .number(997))
  }

  @Test("What other libraries record gets a name that the formats allow, and is gone when they destroy it")
  func foreign() {
    let metrics = PrometheusMetrics()
    let requests = Counter(label: "http.server requests", dimensions: [("le", "x")], factory: metrics)
    requests.increment(by: 3)
    let time = Timer(label: "1st.time", factory: metrics)
    time.recordSeconds(2)
    let level = Gauge(label: "level", factory: metrics)
    level.record(4.5)
    Meter(label: "depth", factory: metrics).increment(by: 2.0)
    FloatingPointCounter(label: "work", factory: metrics).increment(by: 2.75)
    #expect(
      Set(metrics.families.map(\.metric.name)) == [
        "http_server_requests_total", "_1st_time_seconds", "level", "depth", "work_total",
      ])
    #expect(value(metrics, "level") == .number(4.5))
    #expect(value(metrics, "depth") == .number(2))
    #expect(
      metrics.families.first { $0.metric.name.hasPrefix("http") }?.series.first?.key.text == #"le_="x""#)
    requests.destroy()
    #expect(metrics.families.first { $0.metric.name.hasPrefix("http") }?.series.isEmpty == true)
  }

  @Test("Two metrics' quarrel over a name spoils neither the first nor the text")
  func conflict() {
    let metrics = PrometheusMetrics()
    metrics.counter(Self.calls).increment()
    metrics.timer(Self.calls).recordSeconds(1)
    #expect(metrics.families.map(\.series) == [[.none: .number(1)]])
  }

  @Test("What is no number is not recorded, what equals a bound is within it")
  func edges() {
    let metrics = PrometheusMetrics()
    let sizes = metrics.recorder(MetricDescription("sizes", "", buckets: [1, 2]))
    for value in [Double.nan, .infinity, 1, 2, 2.5] { sizes.record(value) }
    #expect(value(metrics, "sizes") == .histogram(counts: [1, 1, 1], sum: 5.5))
  }

  private func value(_ metrics: PrometheusMetrics, _ name: String) -> MetricFamily.Value? {
    metrics.families.first { $0.metric.name == name }?.series.values.first
  }
}

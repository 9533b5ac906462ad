import Metrics
import Telemetry
import Testing

@Suite struct ExpositionTests {
  private static let odd = "a \"quoted\" \\ path\nof two lines"
  private static let calls = MetricDescription("freshet_calls_total", "Calls, \"odd\" ones\ntoo, by \\ kind.")
  private static let speed = MetricDescription("freshet_speed_seconds", "Speed.", buckets: [0.25, 1, 2.5])

  private func metrics() -> PrometheusMetrics {
    let metrics = PrometheusMetrics()
    metrics.counter(Self.calls, [("kind", Self.odd)]).increment(by: 7)
    metrics.counter(Self.calls, [("kind", "plain"), ("zone", "b")]).increment()
    for seconds in [0.1, 0.25, 1.5, 9] { metrics.timer(Self.speed).recordSeconds(seconds) }
    metrics.timer(Self.speed, [("stage", "x")]).recordMilliseconds(1)
    return metrics
  }

  private func families(_ format: ExpositionFormat) -> [MetricFamily] {
    metrics().families + ProcessMetrics.families + [
      MetricFamily(MetricDescription("freshet_level", "A level."), .gauge, -0.5),
      MetricFamily(MetricDescription("freshet_limit", ""), .gauge, Double.infinity),
    ]
  }

  @Test(
    "Both formats keep to their grammar and say the same", arguments: [ExpositionFormat.text, .openMetrics])
  func grammar(_ format: ExpositionFormat) throws {
    let text = format.render(families(format))
    let parsed = try ExpositionParser(text, isOpenMetrics: format == .openMetrics).families
    let calls = try #require(parsed[format == .openMetrics ? "freshet_calls" : "freshet_calls_total"])
    #expect(calls.type == "counter")
    #expect(calls.help == Self.calls.help)
    #expect(
      Set(calls.samples.map(\.value)) == [7, 1] && calls.samples.contains { $0.labels == ["kind": Self.odd] })
    let speed = try #require(parsed["freshet_speed_seconds"])
    let plain = speed.samples.filter { $0.labels["stage"] == nil }
    #expect(plain.compactMap { $0.labels["le"] } == ["0.25", "1.0", "2.5", "+Inf"])
    #expect(plain.map(\.value) == [2, 2, 3, 4, 10.85, 4])
    #expect(parsed["freshet_level"]?.samples.map(\.value) == [-0.5])
    #expect(parsed["freshet_limit"]?.samples.map(\.value) == [.infinity])
    #expect(parsed["freshet_limit"]?.help == nil)
  }

  @Test("The process's own metrics are there and make sense")
  func process() throws {
    let parsed = try ExpositionParser(
      ExpositionFormat.text.render(ProcessMetrics.families), isOpenMetrics: false
    ).families.mapValues { $0.samples.map(\.value).reduce(0, +) }
    #expect(try #require(parsed["process_cpu_seconds_total"]) > 0)
    #expect(try #require(parsed["process_resident_memory_bytes"]) > 1e6)
    #expect(try #require(parsed["process_open_fds"]) > 2)
    #expect(try #require(parsed["process_max_fds"]) > 2)
    #expect(try #require(parsed["process_start_time_seconds"]) > 1.5e9)
  }

  @Test(
    "OpenMetrics is written for whoever prefers it",
    arguments: [
      ("", ExpositionFormat.text), ("*/*", .text), ("text/plain", .text),
      ("application/openmetrics-text", .openMetrics),
      ("application/openmetrics-text;q=0.3, text/plain;q=0.5", .text),
      ("application/openmetrics-text; version=1.0.0; q=0, */*", .text),
      ("Application/OpenMetrics-Text ; version=1.0.0;charset=utf-8 , text/plain;q=0.5", .openMetrics),
      (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;"
          + "version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        .openMetrics
      ),
    ])
  func negotiation(accept: String, format: ExpositionFormat) {
    #expect(ExpositionFormat(accept: accept) == format)
  }

  @Test(
    "The parser of these tests refuses what a reader would",
    arguments: [
      "x 1", "# TYPE x counter\nx 1", "# TYPE x gauge\nx{a=\"b} 1\n", "# TYPE x gauge\nx 1\nx 2\n",
      "# TYPE x gauge\ny 1\n", "# TYPE x gauge\nx{a=\"\\q\"} 1\n", "# TYPE x gauge\nx 1,5\n",
      "# TYPE x gauge\nx 1\n# TYPE y gauge\ny 1\n# TYPE x gauge\n",
      "# TYPE x histogram\nx_bucket{le=\"1.0\"} 2\nx_bucket{le=\"+Inf\"} 1\nx_sum 1\nx_count 1\n",
    ])
  func teeth(text: String) {
    #expect(throws: ExpositionParser.Refusal.self) { try ExpositionParser(text, isOpenMetrics: false) }
  }
}

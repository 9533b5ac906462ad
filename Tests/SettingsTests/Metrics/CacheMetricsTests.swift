import Cache
import ConversationStore
import Telemetry
import Testing

@testable import Settings

@Suite struct CacheMetricsTests {
  private static func rendered(_ events: [CacheEvent]) -> [Substring] {
    let registry = PrometheusMetrics()
    let metrics = CacheMetrics(registry)
    for event in events { metrics.count(event) }
    return ExpositionFormat.text.render(registry.families).split(separator: "\n")
  }

  @Test(
    "Each thing that happens is counted where it belongs, and nowhere else",
    arguments: [
      (.read(.hit(ttl: 5)), "reads_total{outcome=\"hit\"}"),
      (.read(.hit(ttl: 5, isVerified: false)), "reads_total{outcome=\"unverified\"}"),
      (.read(.miss), "reads_total{outcome=\"miss\"}"), (.read(.stale), "reads_total{outcome=\"stale\"}"),
      (.read(.bypass(.late)), "reads_total{outcome=\"bypass\",reason=\"late\"}"),
      (.read(.bypass(.untrusted)), "reads_total{outcome=\"bypass\",reason=\"untrusted\"}"),
      (.fill(.stored), "fills_total{outcome=\"stored\"}"),
      (.fill(.behind), "fills_total{outcome=\"behind\"}"),
      (.fillFailed, "fills_total{outcome=\"failed\"}"), (.refreshStarted, "refreshes_total"),
      (.refreshFailed, "refresh_failures_total"), (.converted(to: .plain), "conversions_total{to=\"plain\"}"),
      (.converted(to: .gzip), "conversions_total{to=\"gzip\"}"),
      (.trustLapsed(.lapsed), "trust_lapses_total{reason=\"lapsed\"}"),
      (.redisFailed(.refused), "redis_failures_total{reason=\"refused\"}"), (.breakerOpened, "breaker_open"),
    ] as [(CacheEvent, String)])
  func counted(event: CacheEvent, series: String) {
    let before = Set(Self.rendered([]))
    let changed = Set(Self.rendered([event])).subtracting(before)
    #expect(changed == ["freshet_cache_\(series) 1"])
  }

  @Test("Groups are counted, and a breaker that closes is not open")
  func rest() {
    let lines = Self.rendered([
      .invalidationUnconfirmed(groups: 3), .invalidationUnconfirmed(groups: 2), .breakerOpened,
      .breakerClosed,
      .trustRegained,
    ])
    #expect(lines.contains("freshet_cache_invalidations_unconfirmed_total 5"))
    #expect(lines.contains("freshet_cache_breaker_open 0"))
  }

  @Test("What cannot be seen is absent")
  func absent() {
    #expect(BackendScrape.families(fence: nil, outbox: nil, erasures: nil).isEmpty)
    let backlog = OutboxBacklog(pending: 4, oldest: .milliseconds(1500))
    #expect(
      BackendScrape.families(fence: .milliseconds(250), outbox: backlog, erasures: 2) == [
        MetricFamily(MetricName.fenceAge, .gauge, 0.25), MetricFamily(MetricName.fencePending, .gauge, 4),
        MetricFamily(MetricName.fenceOldestPending, .gauge, 1.5),
        MetricFamily(MetricName.erasuresPending, .gauge, 2),
      ])
  }
}

@Suite struct MetricsPageTests {
  @Test("Only who asks from an admin network is answered", arguments: ["127.0.0.1", "10.2.3.4", "::1"])
  func networks(address: String) async {
    let page = MetricsPage(networks: .privateRanges) { [MetricFamily(MetricName.buildInfo, .gauge, 1)] }
    let answer = await page.answer(to: IPAddress(address), accept: ["application/openmetrics-text"])
    #expect(answer?.contentType.hasPrefix("application/openmetrics-text") == true)
    #expect(answer?.text.contains("freshet_build_info 1\n") == true)
    #expect(await page.answer(to: IPAddress("203.0.113.9"), accept: []) == nil)
    #expect(await page.answer(to: nil, accept: []) == nil)
  }
}

import Cache
import Metrics
import Telemetry

/// Counts what the cache of this process does.
struct CacheMetrics: Sendable {
  private let hits: Counter
  private let unverifiedHits: Counter
  private let misses: Counter
  private let staleReads: Counter
  private let bypasses: [CacheStatus.BypassReason: Counter]
  private let fills: [CacheEvent.FillOutcome: Counter]
  private let failedFills: Counter
  private let refreshes: Counter
  private let refreshFailures: Counter
  private let conversions: [ContentForm: Counter]
  private let lapses: [CacheDistrust: Counter]
  private let failures: [CacheStatus.BypassReason: Counter]
  private let breakerOpen: Meter
  private let unconfirmed: Counter

  /// Everything is there from the start, at nought.
  init(_ registry: PrometheusMetrics) {
    func counters<Key: Hashable>(
      _ metric: MetricDescription, _ keys: [Key], _ labels: (Key) -> [(String, String)]
    ) -> [Key: Counter] {
      Dictionary(uniqueKeysWithValues: keys.map { ($0, registry.counter(metric, labels($0))) })
    }
    hits = registry.counter(MetricName.cacheReads, [("outcome", "hit")])
    unverifiedHits = registry.counter(MetricName.cacheReads, [("outcome", "unverified")])
    misses = registry.counter(MetricName.cacheReads, [("outcome", "miss")])
    staleReads = registry.counter(MetricName.cacheReads, [("outcome", "stale")])
    bypasses = counters(MetricName.cacheReads, CacheStatus.BypassReason.allCases) {
      [("outcome", "bypass"), ("reason", $0.rawValue)]
    }
    fills = counters(MetricName.cacheFills, CacheEvent.FillOutcome.allCases) { [("outcome", "\($0)")] }
    failedFills = registry.counter(MetricName.cacheFills, [("outcome", "failed")])
    refreshes = registry.counter(MetricName.cacheRefreshes)
    refreshFailures = registry.counter(MetricName.cacheRefreshFailures)
    conversions = counters(MetricName.cacheConversions, [.plain, .gzip]) {
      [("to", $0 == .gzip ? "gzip" : "plain")]
    }
    lapses = counters(MetricName.cacheTrustLapses, CacheDistrust.allCases) { [("reason", $0.rawValue)] }
    failures = counters(MetricName.cacheFailures, [.unreachable, .late, .refused]) {
      [("reason", $0.rawValue)]
    }
    breakerOpen = registry.gauge(MetricName.cacheBreakerOpen)
    unconfirmed = registry.counter(MetricName.cacheUnconfirmed)
  }

  func count(_ event: CacheEvent) {
    switch event {
    case .read(let status): count(status)
    case .converted(to: let form): conversions[form]?.increment()
    case .fill(let outcome): fills[outcome]?.increment()
    case .fillFailed: failedFills.increment()
    case .refreshStarted: refreshes.increment()
    case .refreshFailed: refreshFailures.increment()
    case .redisFailed(let reason): failures[reason]?.increment()
    case .trustLapsed(let distrust): lapses[distrust]?.increment()
    case .trustRegained: break
    case .breakerOpened: breakerOpen.set(1)
    case .breakerClosed: breakerOpen.set(0)
    case .invalidationUnconfirmed(let groups): unconfirmed.increment(by: groups)
    }
  }

  private func count(_ status: CacheStatus) {
    switch status {
    case .hit(_, isVerified: true): hits.increment()
    case .hit(_, isVerified: false): unverifiedHits.increment()
    case .miss: misses.increment()
    case .stale: staleReads.increment()
    case .bypass(let reason): bypasses[reason]?.increment()
    }
  }
}

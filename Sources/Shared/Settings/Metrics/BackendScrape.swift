import Cache
import ConversationStore
import Postgres
import Redis
package import Telemetry

/// What both programs show of themselves and of what they stand on: what was counted, and what is looked up at each
/// scrape.
package struct BackendScrape: Sendable {
  private let registry: PrometheusMetrics
  private let backends: Backends
  private let fence: Sampler<Duration?>
  private let outbox: Sampler<OutboxBacklog?>
  private let erasures: Sampler<Int?>

  package init(registry: PrometheusMetrics, backends: Backends) {
    self.registry = registry
    self.backends = backends
    // What cannot be seen is absent, whatever the reason.
    fence = Sampler { try? await backends.cache.fenceAge() }
    outbox = Sampler { try? await backends.store.outboxBacklog() }
    erasures = Sampler { try? await backends.store.pendingErasures() }
  }

  package func families() async -> [MetricFamily] {
    async let (fence, outbox, erasures) = (fence.value(), outbox.value(), erasures.value())
    return registry.families + ProcessMetrics.families + dependencies
      + Self.families(fence: await fence, outbox: await outbox, erasures: await erasures) + [
        MetricFamily(
          MetricName.buildInfo, .gauge, [LabelText([("version", ProgramVersion.current)]): .number(1)])
      ]
  }

  /// No number rather than a wrong one.
  static func families(fence: Duration?, outbox: OutboxBacklog?, erasures: Int?) -> [MetricFamily] {
    var families: [MetricFamily] = []
    if let fence { families.append(MetricFamily(MetricName.fenceAge, .gauge, fence / .seconds(1))) }
    if let outbox {
      families.append(MetricFamily(MetricName.fencePending, .gauge, outbox.pending))
      families.append(MetricFamily(MetricName.fenceOldestPending, .gauge, outbox.oldest / .seconds(1)))
    }
    if let erasures { families.append(MetricFamily(MetricName.erasuresPending, .gauge, erasures)) }
    return families
  }

  private var dependencies: [MetricFamily] {
    let databases = backends.databases
    var postgres = [LabelText([("role", "primary")]): databases.primary.isReachable]
    for (number, replica) in databases.replicas.enumerated() {
      postgres[LabelText([("role", "replica \(number + 1)")])] = replica.isReachable
    }
    let redis = [
      LabelText([("role", "cache")]): backends.cacheRedis.isConnected,
      LabelText([("role", "queue")]): backends.queueRedis.isConnected,
    ]
    return [
      MetricFamily(MetricName.redisUp, .gauge, redis.mapValues { .number($0 ? 1 : 0) }),
      MetricFamily(MetricName.postgresUp, .gauge, postgres.mapValues { .number($0 ? 1 : 0) }),
    ]
  }
}

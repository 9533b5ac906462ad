import ConversationStore
import Postgres
import Queue
import Redis
import Settings
import Telemetry

/// Everything `/metrics` shows: what was counted, and what is looked up at each scrape.
struct WorkerScrape: Sendable {
  let registry: PrometheusMetrics
  let sampler: QueueSampler
  let backends: Backends
  let heartbeat: LoopHeartbeat

  func families() async -> [MetricFamily] {
    let statistics = await sampler.statistics()
    return registry.families + ProcessMetrics.families + Self.families(of: statistics) + dependencies + [
      MetricFamily(
        MetricName.buildInfo, .gauge, [LabelText([("version", ProgramVersion.current)]): .number(1)]),
      MetricFamily(MetricName.batchesInFlight, .gauge, heartbeat.batchesInFlight),
      MetricFamily(MetricName.loopSilence, .gauge, heartbeat.silence() / .seconds(1)),
    ]
  }

  /// The queue's; when it does not answer, only that.
  static func families(of statistics: QueueStatistics?) -> [MetricFamily] {
    guard let statistics else { return [MetricFamily(MetricName.queueUp, .gauge, 0)] }
    let gauges = [
      (MetricName.queueUp, 1), (MetricName.queueDepth, statistics.depth),
      (MetricName.queueReady, statistics.ready), (MetricName.queueDelayed, statistics.delayed),
      (MetricName.queueSuspect, statistics.suspect), (MetricName.queueInFlight, statistics.inFlight),
      (MetricName.queueDead, statistics.dead), (MetricName.queueWorkers, statistics.workers),
      (MetricName.queuePaused, statistics.isPaused ? 1 : 0),
    ]
    let counters = [
      (MetricName.queueEnqueued, statistics.enqueued), (MetricName.queueSettled, statistics.settled),
      (MetricName.queueRetried, statistics.retried), (MetricName.queueDied, statistics.died),
      (MetricName.queueReaped, statistics.reaped), (MetricName.queueReconciled, statistics.reconciled),
      (MetricName.queueReplayed, statistics.replayed), (MetricName.queueDiscarded, statistics.discarded),
    ]
    return gauges.map { MetricFamily($0.0, .gauge, $0.1) }
      + counters.map { MetricFamily($0.0, .counter, $0.1) }
      + [MetricFamily(MetricName.queueOldestWaiting, .gauge, statistics.oldestWaiting / .seconds(1))]
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

import Queue
import Settings
import Telemetry

/// Everything `/metrics` shows: what was counted, and what is looked up at each scrape.
struct WorkerScrape: Sendable {
  let backends: BackendScrape
  let queue: Sampler<QueueStatistics?>
  let heartbeat: LoopHeartbeat

  func families() async -> [MetricFamily] {
    async let (backends, statistics) = (backends.families(), queue.value())
    return await backends + Self.families(of: await statistics) + [
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
      (MetricName.queueErased, statistics.erased),
    ]
    return gauges.map { MetricFamily($0.0, .gauge, $0.1) }
      + counters.map { MetricFamily($0.0, .counter, $0.1) }
      + [MetricFamily(MetricName.queueOldestWaiting, .gauge, statistics.oldestWaiting / .seconds(1))]
  }
}

import Conversations
import Metrics
import Queue
import Telemetry

/// The worker's own counts. Everything a batch adds comes from ``BatchTally`` and its times.
struct WorkerMetrics: Sendable {
  private let registry: PrometheusMetrics
  private let deliveries: Counter
  private let acknowledged: Counter
  private let released: Counter
  private let unknown: Counter
  private let skippedEntries: Counter
  private let reaped: Counter
  private let fenced: [BatchTally.Judge: Counter]
  private let deaths: [DeathReason: Counter]
  private let batchSize: Recorder
  private let wait: Timer
  private let endToEnd: Timer
  private let process: Timer
  private let commit: Timer
  private let settle: Timer

  /// Whatever can be named beforehand is there from the start, at nought.
  init(_ registry: PrometheusMetrics) {
    self.registry = registry
    deliveries = registry.counter(MetricName.deliveries)
    acknowledged = registry.counter(MetricName.acknowledged)
    released = registry.counter(MetricName.released)
    unknown = registry.counter(MetricName.unknown)
    skippedEntries = registry.counter(MetricName.skippedEntries)
    reaped = registry.counter(MetricName.reaped)
    fenced = Dictionary(
      uniqueKeysWithValues: BatchTally.Judge.allCases.map {
        ($0, registry.counter(MetricName.fenced, [("by", $0.rawValue)]))
      })
    deaths = Dictionary(
      uniqueKeysWithValues: [DeathReason.permanent, .attemptsExhausted, .poison].map {
        ($0, registry.counter(MetricName.deaths, [("reason", $0.rawValue)]))
      })
    batchSize = registry.recorder(MetricName.batchSize)
    wait = registry.timer(MetricName.wait)
    endToEnd = registry.timer(MetricName.endToEnd)
    process = registry.timer(MetricName.process)
    commit = registry.timer(MetricName.commit)
    settle = registry.timer(MetricName.settle)
  }

  /// A batch came from the queue.
  func delivered(_ reservations: [Reservation], at now: Timestamp = .now()) {
    var events = 0
    for event in reservations.lazy.flatMap(\.events) {
      events += 1
      wait.record(since: event.enqueuedAt, now)
    }
    deliveries.increment(by: events)
    batchSize.record(events)
  }

  /// Conversations of dead workers were taken over; events that killed them too often are dead.
  func reaped(_ result: ReapResult) {
    reaped.increment(by: result.conversations)
    deaths[.poison]?.increment(by: result.buried)
  }

  /// Its payloads are decoded and their effects committed, or not.
  func processed(_ attempt: BatchAttempt, in duration: Duration) {
    process.record(duration)
    for time in attempt.commits { commit.record(time) }
    skippedEntries.increment(by: attempt.skippedEntries)
  }

  /// The queue has taken note of it.
  func settled(_ tally: BatchTally, in duration: Duration, at now: Timestamp = .now()) {
    settle.record(duration)
    for receipt in tally.acknowledgedReceipts { endToEnd.record(since: receipt, now) }
    acknowledged.increment(by: tally.acknowledged)
    released.increment(by: tally.released)
    unknown.increment(by: tally.unknown)
    for (judge, count) in tally.fenced { fenced[judge]?.increment(by: count) }
    for (reason, count) in tally.deaths { deaths[reason]?.increment(by: count) }
    for (name, count) in tally.retries {
      registry.counter(MetricName.retries, [("class", name)]).increment(by: count)
    }
  }
}

extension Metrics.Timer {
  /// The clocks of Redis and of this machine may disagree: never below nought.
  fileprivate func record(since receipt: Int64, _ now: Timestamp) {
    recordNanoseconds(max(0, now.microsecondsSinceEpoch - receipt * 1000) * 1000)
  }

  fileprivate func record(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}

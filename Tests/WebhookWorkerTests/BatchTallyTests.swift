import NIOCore
import Queue
import Telemetry
import Testing

@testable import WebhookWorker

@Suite struct BatchTallyTests {
  @Test("What the queue confirmed is counted by what became of it")
  func confirmed() {
    let why = FailureDescription(failureClass: "57014", message: "slow")
    let tally = tally([
      (["a", "b"], 2, nil, .settled),
      (["c", "d"], 1, .retry(id: "d", after: .seconds(1), why), .settled),
      (["e"], 0, .retry(id: "e", after: .seconds(1), why), .settled),
      (["f"], 0, .dead(id: "f", .permanent, why), .settled),
      (["g"], 0, .release, .settled),
    ])
    #expect(tally.acknowledged == 3)
    #expect(tally.acknowledgedReceipts == [0, 1, 100])
    #expect(tally.retries == ["57014": 2])
    #expect(tally.deaths == [.permanent: 1])
    #expect(tally.released == 1)
    #expect(tally.fenced.isEmpty)
  }

  @Test("What was fenced or not confirmed counts as nothing else")
  func unconfirmed() {
    let why = FailureDescription(failureClass: "x", message: "")
    let tally = tally([
      (["a"], 1, nil, .fenced), (["b"], 0, .dead(id: "b", .permanent, why), .fenced),
      (["c"], 1, nil, .unknown(QueueError(.unavailable, ""))),
    ])
    #expect(tally.fenced == [.redis: 2])
    #expect(tally.unknown == 1)
    #expect(tally.acknowledged == 0)
    #expect(tally.deaths.isEmpty)
    #expect(tally.acknowledgedReceipts.isEmpty)
  }

  @Test("A conversation that Postgres refused is fenced by Postgres, and released")
  func fencedByPostgres() {
    let reservation = reservation(["a"])
    var settlement = reservation.release
    settlement.minimumFence = 9
    let tally = BatchTally([reservation], [settlement], [.settled])
    #expect(tally.fenced == [.postgres: 1])
    #expect(tally.released == 1)
  }

  @Test("Without an answer of the queue its gauges are absent, and it is down")
  func queueDown() {
    #expect(WorkerScrape.families(of: nil) == [MetricFamily(MetricName.queueUp, .gauge, 0)])
    var statistics = QueueStatistics()
    statistics.oldestWaiting = .milliseconds(1500)
    statistics.died = 4
    statistics.erased = 2
    let families = WorkerScrape.families(of: statistics)
    #expect(families.contains(MetricFamily(MetricName.queueUp, .gauge, 1)))
    #expect(families.contains(MetricFamily(MetricName.queueOldestWaiting, .gauge, 1.5)))
    #expect(families.contains(MetricFamily(MetricName.queueDied, .counter, 4)))
    #expect(families.contains(MetricFamily(MetricName.queueErased, .counter, 2)))
    #expect(Set(families.map(\.metric.name)).count == families.count)
  }

  private typealias Case = (ids: [String], done: Int, failure: Settlement.Failure?, result: SettleResult)

  private func tally(_ cases: [Case]) -> BatchTally {
    let reservations = cases.enumerated().map { reservation($1.ids, at: Int64($0) * 100) }
    let settlements = zip(cases, reservations).map {
      Settlement($1.ticket, acknowledged: Array($0.ids.prefix($0.done)), failure: $0.failure)
    }
    return BatchTally(reservations, settlements, cases.map(\.result))
  }

  /// Received one millisecond after the other.
  private func reservation(_ ids: [String], at time: Int64 = 0) -> Reservation {
    Reservation(
      ticket: ReservationTicket(worker: "w", shard: 0, token: ids[0], fence: 1),
      events: ids.enumerated().map { index, id in
        QueuedEvent(
          id: id, conversation: ids[0], payload: ByteBuffer(), enqueuedAt: time + Int64(index), deliveries: 1)
      })
  }
}

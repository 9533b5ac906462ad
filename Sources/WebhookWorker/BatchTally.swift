import Queue

/// What one batch adds to the worker's counts, read off what the queue said to its settlements. Pure.
struct BatchTally: Sendable, Equatable {
  /// Who found that a conversation is another worker's.
  enum Judge: String, Sendable, CaseIterable { case redis, postgres }

  private(set) var acknowledged = 0
  /// By the class of the failure.
  private(set) var retries: [String: Int] = [:]
  private(set) var deaths: [DeathReason: Int] = [:]
  /// Conversations given back without an attempt.
  private(set) var released = 0
  private(set) var fenced: [Judge: Int] = [:]
  /// Conversations of which it is not known whether they are settled.
  private(set) var unknown = 0
  /// When the acknowledged events were received, ms since 1970.
  private(set) var acknowledgedReceipts: [Int64] = []

  /// All three in the same order.
  init(_ reservations: [Reservation], _ settlements: [Settlement], _ results: [SettleResult]) {
    for ((reservation, settlement), result) in zip(zip(reservations, settlements), results) {
      if settlement.minimumFence != nil { fenced[.postgres, default: 0] += 1 }
      switch result {
      case .settled: settled(reservation, settlement)
      case .fenced: fenced[.redis, default: 0] += 1
      case .unknown: unknown += 1
      }
    }
  }

  private mutating func settled(_ reservation: Reservation, _ settlement: Settlement) {
    acknowledged += settlement.acknowledged.count
    // In the order of the events.
    var ids = settlement.acknowledged[...]
    for event in reservation.events where event.id == ids.first {
      ids = ids.dropFirst()
      acknowledgedReceipts.append(event.enqueuedAt)
    }
    switch settlement.failure {
    case .retry(_, _, let why): retries[why.failureClass, default: 0] += 1
    case .dead(_, let reason, _): deaths[reason, default: 0] += 1
    case .release: released += 1
    case nil: break
    }
  }
}

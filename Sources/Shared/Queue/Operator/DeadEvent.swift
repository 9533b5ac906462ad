/// What is known of a dead event without its payload.
package struct DeadEvent: Sendable, Equatable {
  package let id: String
  /// The external id.
  package let conversation: String
  /// One of ``DeathReason``, or what a later release calls it.
  package let reason: String
  package let failureClass: String
  package let message: String
  /// The time of receipt, milliseconds since 1970.
  package let enqueuedAt: Int64
  /// Milliseconds since 1970.
  package let diedAt: Int64
  package let deliveries: Int
  /// Crashed workers that had it in hand first.
  package let strikes: Int
  /// Bytes.
  package let payloadSize: Int
  /// Whether Postgres has a copy.
  package let isArchived: Bool

  package init(
    id: String, conversation: String, reason: String, failureClass: String, message: String,
    enqueuedAt: Int64, diedAt: Int64, deliveries: Int, strikes: Int, payloadSize: Int, isArchived: Bool
  ) {
    self.id = id
    self.conversation = conversation
    self.reason = reason
    self.failureClass = failureClass
    self.message = message
    self.enqueuedAt = enqueuedAt
    self.diedAt = diedAt
    self.deliveries = deliveries
    self.strikes = strikes
    self.payloadSize = payloadSize
    self.isArchived = isArchived
  }
}

/// Which dead events a command is about.
package enum DeadSelection: Sendable, Hashable {
  case all
  /// Those whose last failure has this class.
  case failureClass(String)

  func includes(_ failureClass: String) -> Bool {
    switch self {
    case .all: true
    case .failureClass(let wanted): wanted == failureClass
    }
  }
}

/// Dead events by the class of their last failure.
package struct DeadCounts: Sendable, Equatable {
  package var byClass: [String: Int] = [:]

  package init(byClass: [String: Int] = [:]) { self.byClass = byClass }

  package var total: Int { byClass.values.reduce(0, +) }

  /// How many a selection is about.
  package subscript(selection: DeadSelection) -> Int {
    switch selection {
    case .all: total
    case .failureClass(let failureClass): byClass[failureClass, default: 0]
    }
  }

  package mutating func add(_ other: DeadCounts) { byClass.merge(other.byClass, uniquingKeysWith: +) }
}

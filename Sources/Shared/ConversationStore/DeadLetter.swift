package import Conversations
import Postgres

/// A dead event as Postgres keeps it.
package struct DeadLetter: Sendable, Equatable {
  package let id: String
  package let conversation: String
  package let traceparent: String?
  package let reason: String
  package let failureClass: String
  package let message: String
  package let deliveries: Int
  package let strikes: Int
  /// The time of receipt.
  package let enqueuedAt: Timestamp
  package let diedAt: Timestamp
  /// Bytes.
  package let payloadSize: Int

  package init(
    id: String, conversation: String, traceparent: String?, reason: String, failureClass: String,
    message: String,
    deliveries: Int, strikes: Int, enqueuedAt: Timestamp, diedAt: Timestamp, payloadSize: Int
  ) {
    self.id = id
    self.conversation = conversation
    self.traceparent = traceparent
    self.reason = reason
    self.failureClass = failureClass
    self.message = message
    self.deliveries = deliveries
    self.strikes = strikes
    self.enqueuedAt = enqueuedAt
    self.diedAt = diedAt
    self.payloadSize = payloadSize
  }

  init(_ row: PostgresRow) throws(PostgresError) {
    self.init(
      id: try row.text(0), conversation: try row.text(1), traceparent: try row.textOrNil(2),
      reason: try row.text(3),
      failureClass: try row.text(4), message: try row.text(5), deliveries: Int(try row.int(6)),
      strikes: Int(try row.int(7)), enqueuedAt: Timestamp(microsecondsSinceEpoch: try row.timestamp(8)),
      diedAt: Timestamp(microsecondsSinceEpoch: try row.timestamp(9)), payloadSize: Int(try row.int(10)))
  }

  /// As the columns of `DeadLetterStatements.copy`.
  func parameters(payload: [UInt8]?) -> [PostgresParameter] {
    [
      .text(id), .text(Self.storable(conversation)), .binary(payload),
      .text(traceparent.map(Self.storable)), .text(Self.storable(reason)),
      .text(Self.storable(failureClass)), .text(Self.storable(message)), .int(Int64(deliveries)),
      .int(Int64(strikes)), .timestamp(enqueuedAt.microsecondsSinceEpoch),
      .timestamp(diedAt.microsecondsSinceEpoch),
    ]
  }

  /// Postgres refuses U+0000, and whoever made the error's text may not have known.
  private static func storable(_ text: String) -> String {
    text.contains("\0") ? text.replacing("\0", with: "\u{FFFD}") : text
  }
}

/// How a death ended.
package enum DeadLetterResolution: String, Sendable {
  case replayed
  case discarded
  /// It turned out to have committed.
  case settled
}

/// A dead letter with what it carries.
package struct DeadLetterContent: Sendable, Equatable {
  package let letter: DeadLetter
  /// Nil when it is lost.
  package let payload: [UInt8]?
  /// Its effects are in the database after all.
  package let isCommitted: Bool

  package init(letter: DeadLetter, payload: [UInt8]?, isCommitted: Bool = false) {
    self.letter = letter
    self.payload = payload
    self.isCommitted = isCommitted
  }
}

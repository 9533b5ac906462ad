package import NIOCore

/// Where a load may read.
package enum CacheLoadSource: Sendable, Equatable {
  /// Nothing but the primary is known to have seen every acknowledged write.
  case primary
  /// A replica will do if it has replayed at least this LSN, asked in the same transaction before the data.
  case replica(atLeast: UInt64)

  init(floor: UInt64?) {
    self = floor.map { .replica(atLeast: $0) } ?? .primary
  }

  func accepts(_ load: CacheLoad) -> Bool {
    if load.isPrimary { return true }
    guard case .replica(let floor) = self, let lsn = load.lsn else { return false }
    return lsn >= floor
  }
}

/// What a load brought from the database.
package struct CacheLoad: Sendable {
  /// The HTTP status: 200 and 404 are cached, everything else is only answered.
  package var status: Int
  /// The bytes to send.
  package var body: ByteBuffer
  /// The same packed, where the reader who loads takes that: it is what is stored.
  var packed: ByteBuffer?
  /// Whose it is; nil or empty when nobody's.
  package var owner: String?
  /// What a reader wants to know of the body without unpacking it; the cache keeps it, and knows nothing of it.
  package var summary = ""
  /// A replica's replayed LSN; on the primary one sampled no later than the data was read and after the load began.
  /// Nil when unknown, which keeps replicas out until somebody knows it.
  package var lsn: UInt64?
  /// Whether it was read from the primary.
  package var isPrimary: Bool

  package init(
    status: Int = 200, body: ByteBuffer, owner: String? = nil, lsn: UInt64? = nil, isPrimary: Bool = true
  ) {
    self.status = status
    self.body = body
    self.owner = owner
    self.lsn = lsn
    self.isPrimary = isPrimary
  }

  /// Whether the answer is that nothing is there.
  var isNegative: Bool { status == 404 }

  var isCacheable: Bool { status == 200 || isNegative }
}

/// Where a conversation stands. The raw values are those of JSON and of the database.
package enum ConversationStatus: String, Sendable, CaseIterable {
  case pending, active, ended, failed

  /// Webhooks never lower it: pending < active < ended = failed.
  package var rank: Int {
    switch self {
    case .pending: 0
    case .active: 1
    case .ended, .failed: 2
    }
  }

  /// `status` where that ranks higher, else unchanged.
  package func raised(to status: ConversationStatus) -> ConversationStatus {
    status.rank > rank ? status : self
  }
}

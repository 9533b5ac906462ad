import Cache
import RateLimit

/// What was done for a read before it turned out to be one for the router: it is not counted and not read again.
struct PreparedRead: Sendable {
  /// When work on it began.
  let start: ContinuousClock.Instant
  /// Passed, or refused; nil for a principal without a limit.
  let ticket: RateTicket?
  /// What reading came to.
  let outcome: Result<CacheAnswer, any Error>
}

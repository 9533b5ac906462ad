import Cache
import RateLimit

/// What was done for a read before it turned out to be one for the router: it is not counted and not looked up again.
struct PreparedRead: Sendable {
  /// When work on it began.
  let start: ContinuousClock.Instant
  /// Passed, or refused; nil for a principal without a limit.
  let ticket: RateTicket?
  /// Nil when the lookup came to nothing that could be used.
  let look: CacheLook?
}

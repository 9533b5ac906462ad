/// What happens at and behind the answers; for metrics.
package enum CacheEvent: Sendable, Equatable {
  /// A read was answered.
  case read(CacheStatus)
  /// A body was there in the other form than its reader takes.
  case converted(to: ContentForm)
  /// A loaded value was offered to Redis.
  case fill(FillOutcome)
  /// A loaded value could not be offered; the answer had been given before.
  case fillFailed
  /// A value due for a refresh is loaded anew in the background.
  case refreshStarted
  /// The background load failed; the old value stays until its end.
  case refreshFailed
  /// Redis failed a read, which went to the database.
  case redisFailed(CacheStatus.BypassReason)
  /// What Redis says cannot be verified from now on.
  case trustLapsed(CacheDistrust)
  /// What Redis says is verified again.
  case trustRegained
  /// Redis is not asked from now on but by probes.
  case breakerOpened
  /// Redis is asked again.
  case breakerClosed
  /// Groups whose invalidation Redis did not confirm.
  case invalidationUnconfirmed(groups: Int)

  /// What became of a value, see `fill.lua`.
  package enum FillOutcome: String, Sendable, CaseIterable {
    case stored = "OK"
    case released = "RELEASED"
    case stale = "STALE"
    case behind = "BEHIND"
    case older = "OLDER"
  }
}

/// How an answer came about, for the `Cache-Status` field (RFC 9211).
package enum CacheStatus: Sendable, Equatable {
  /// From Redis, good for so many more seconds.
  case hit(ttl: Int)
  /// From the database, nothing was stored.
  case miss
  /// From the database, what was stored had been invalidated.
  case stale
  /// From the database, Redis had no part in it.
  case bypass(BypassReason)

  /// Why Redis was left out.
  package enum BypassReason: String, Sendable {
    /// The cache is switched off.
    case off
    /// It failed lately; only probes are sent.
    case breakerOpen = "breaker-open"
    /// It cannot be reached.
    case unreachable
    /// It did not answer within the budget.
    case late
    /// It answered with an error.
    case refused
    /// Answers of this kind are not kept: no group would invalidate them.
    case uncached
  }

  /// The value of the field: `redis; hit; ttl=231`.
  package var text: String {
    switch self {
    case .hit(let ttl): "redis; hit; ttl=\(ttl)"
    case .miss: "redis; fwd=miss"
    case .stale: "redis; fwd=stale"
    case .bypass(let reason): "redis; fwd=bypass; detail=\(reason.rawValue)"
    }
  }
}

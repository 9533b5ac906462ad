/// How an answer came about, for the `Cache-Status` field (RFC 9211).
package enum CacheStatus: Sendable, Equatable {
  /// From Redis, good for so many more seconds. Not verified, it may be older than an acknowledged write.
  case hit(ttl: Int, isVerified: Bool = true)
  /// From the database, nothing was stored.
  case miss
  /// From the database, what was stored had been invalidated.
  case stale
  /// From the database, Redis had no part in it.
  case bypass(BypassReason)

  /// Why Redis was left out.
  package enum BypassReason: String, Sendable, CaseIterable {
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
    /// Its data is not known to be fresh.
    case untrusted
    /// Answers of this kind are not kept: no group would invalidate them.
    case uncached
  }

  /// The value of the field: `redis; hit; ttl=231`.
  package var text: String {
    switch self {
    case .hit(let ttl, isVerified: true): "redis; hit; ttl=\(ttl)"
    case .hit(let ttl, isVerified: false): "redis; hit; ttl=\(ttl); detail=unverified"
    case .miss: "redis; fwd=miss"
    case .stale: "redis; fwd=stale"
    case .bypass(let reason): "redis; fwd=bypass; detail=\(reason.rawValue)"
    }
  }
}

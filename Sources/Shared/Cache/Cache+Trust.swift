package import Keyspace
internal import Logging
internal import Redis
internal import Synchronization

extension Cache {
  /// Asks the server who it is and what time it has, in one write.
  ///
  /// - Throws: `RedisError`; also when the server would not say who it is.
  package func serverMoment() async throws -> CacheServerMoment {
    try await server.moment(timeout: settings.commandTimeout)
  }

  /// Drops everything cached of these groups by one attempt, for the relay, which has attempts of its own.
  ///
  /// - Parameter name: `run_id|master_replid` of the server that must confirm.
  /// - Returns: whether that server confirmed all.
  package func invalidateOnce(
    _ groups: Set<CacheGroup>, lsn: UInt64?, on name: String
  ) async -> Bool {
    do {
      let result = try await server.invalidate(
        groups, lsn: lsn, on: name, keys: keys, timeout: settings.commandTimeout)
      return result.unconfirmed.isEmpty && result.servers.isSubset(of: [name])
    } catch {
      logger.debug("cache invalidation failed", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// Lets the hits of this server count, until ``CacheSettings/stalenessBound`` after the moment less `margin`.
  ///
  /// To be called when everything that was committed `margin` before the moment is invalidated on that server.
  ///
  /// - Parameter timeline: of the Postgres whose writes were looked at.
  /// - Returns: whether that was in time and the server is still the same; if not, nothing was changed.
  package func extendTrust(
    since moment: CacheServerMoment, lessening margin: Duration, timeline: String
  ) async throws -> Bool {
    try await server.trust(
      "\(moment.server)|\(timeline)",
      until: moment.time + UInt64((settings.stalenessBound - margin).milliseconds),
      watermark: keys.watermark, timeout: settings.commandTimeout)
  }

  /// Takes note of how far Redis can be trusted, to be told when that changes.
  func note(_ distrust: CacheDistrust?) {
    let isTrusted = distrust == nil
    guard trusts.load(ordering: .relaxed) != isTrusted,
      trusts.exchange(isTrusted, ordering: .relaxed) != isTrusted
    else { return }
    if let distrust {
      observe(.trustLapsed(distrust))
      logger.notice("cached answers cannot be verified", metadata: ["reason": "\(distrust.rawValue)"])
    } else {
      observe(.trustRegained)
      logger.info("cached answers can be verified")
    }
  }
}

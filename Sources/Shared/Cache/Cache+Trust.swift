package import Keyspace
internal import Logging
internal import NIOConcurrencyHelpers
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
  /// - Throws: ``CacheError/Code/unconfirmed`` or `RedisError`, unless that server confirmed all.
  package func invalidateOnce(_ groups: Set<CacheGroup>, lsn: UInt64?, on name: String) async throws {
    let result = try await server.invalidate(
      groups, lsn: lsn, on: name, keys: keys, timeout: settings.commandTimeout)
    guard result.servers.isSubset(of: [name]) else {
      throw CacheError(.unconfirmed, "another server answered than was asked for its name")
    }
    guard result.unconfirmed.isEmpty else {
      throw CacheError(.unconfirmed, "Redis did not confirm \(result.unconfirmed.count) invalidations")
    }
  }

  /// Lets the hits of this server count, until ``CacheSettings/stalenessBound`` after the moment less `margin`.
  ///
  /// To be called when everything that was committed `margin` before the moment is invalidated on that server.
  ///
  /// - Parameter timeline: of the Postgres whose writes were looked at.
  /// - Returns: whether that was in time; if not, nothing was changed.
  /// - Throws: ``CacheError/Code/unconfirmed`` when the server is another one by now; `RedisError`.
  @discardableResult
  package func extendTrust(
    since moment: CacheServerMoment, lessening margin: Duration, timeline: String
  ) async throws -> Bool {
    try await server.trust(
      "\(moment.server)|\(timeline)",
      until: moment.time + UInt64((settings.stalenessBound - margin).milliseconds),
      watermark: keys.watermark, timeout: settings.commandTimeout)
  }

  /// Takes note of how far Redis can be trusted, to be told when that changes: once a second at most, since connections
  /// that lead to different servers would change it with each reply.
  func note(_ distrust: CacheDistrust?) {
    let isTrusted = distrust == nil
    guard trusts.load(ordering: .relaxed) != isTrusted,
      trustTold.withLockedValue({ told in
        guard told.map({ ContinuousClock.now - $0 >= .seconds(1) }) ?? true else { return false }
        told = .now
        return true
      }), trusts.exchange(isTrusted, ordering: .relaxed) != isTrusted
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

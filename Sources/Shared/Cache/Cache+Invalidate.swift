package import Keyspace
internal import Logging
internal import Redis
internal import Telemetry

extension Cache {
  /// Drops everything cached of these groups, on every instance. To be awaited after COMMIT and before a write is
  /// acknowledged.
  ///
  /// Goes on when the caller is cancelled or late: the write has happened. What Redis does not confirm is sent again, with
  /// fresh epochs, up to ``CacheSettings/invalidationLimit``.
  ///
  /// - Parameter lsn: sampled on the primary after COMMIT, in a new statement; nil keeps replicas out of the cache
  ///   until the primary has filled it again.
  package func invalidate(_ groups: Set<CacheGroup>, lsn: UInt64?) async -> CacheConfirmation {
    guard !groups.isEmpty else { return .confirmed(by: nil) }
    // Others may read from Redis what we do not; but where there is none, nobody does.
    guard settings.mode != .off || server.redis.isConnected else { return .confirmed(by: nil) }
    // Unstructured for the shield against cancellation only; it is awaited right here. It is for everybody, so that the
    // writer's deadline does not count.
    return await Task { await RequestDeadline.without { await sendInvalidations(groups, lsn: lsn) } }.value
  }

  private func sendInvalidations(_ groups: Set<CacheGroup>, lsn: UInt64?) async -> CacheConfirmation {
    let deadline = ContinuousClock.now + settings.invalidationLimit
    var unconfirmed = groups
    var servers: Set<String?> = []
    var pause = Duration.milliseconds(20)
    while true {
      let sent = await send(unconfirmed, lsn: lsn, until: deadline)
      unconfirmed = sent.unconfirmed
      servers.formUnion(sent.servers)
      if unconfirmed.isEmpty { return .confirmed(by: servers.count == 1 ? servers.first ?? nil : nil) }
      guard ContinuousClock.now + pause < deadline else {
        observe(.invalidationUnconfirmed(groups: unconfirmed.count))
        return .unconfirmed
      }
      // Cannot fail: nobody cancels the task this runs in.
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(200))
    }
  }

  private func send(
    _ groups: Set<CacheGroup>, lsn: UInt64?, until deadline: ContinuousClock.Instant
  ) async -> (unconfirmed: Set<CacheGroup>, servers: Set<String?>) {
    do {
      let timeout = min(settings.commandTimeout, deadline - .now)
      return try await server.invalidate(groups, lsn: lsn, keys: keys, timeout: timeout)
    } catch {
      logger.debug("cache invalidation failed", metadata: ["error": "\(error)"])
      return (groups, [])
    }
  }
}

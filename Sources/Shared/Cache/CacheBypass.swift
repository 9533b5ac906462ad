internal import Redis

/// A failure of Redis that sends a read to the database.
struct CacheBypass: Error {
  let reason: CacheStatus.BypassReason

  init(_ reason: CacheStatus.BypassReason) { self.reason = reason }

  init(_ error: RedisError) {
    switch error.code {
    case .notConnected, .connectionLost, .shutDown: reason = .unreachable
    case .timedOut: reason = .late
    case .serverError, .unexpectedReply, .protocolViolation, .tooManyCommands, .commandTooLarge, .invalidURL,
      .cancelled:
      reason = .refused
    }
  }
}

extension Result where Failure == CacheBypass {
  /// Where the time went: an open breaker costs none.
  var asked: ReadTimes.Part? {
    if case .failure(let bypass) = self, bypass.reason == .breakerOpen { return nil }
    return .redis
  }
}

extension CircuitBreaker.Outcome {
  /// A server that refuses a single command, for want of memory or because it is read-only, still serves hits.
  init(_ error: RedisError) {
    switch error.code {
    case .notConnected, .shutDown: self = .noConnection
    case .serverError: self = Self.unserviceable.contains(error.serverPrefix ?? "") ? .failure : .success
    case .unexpectedReply, .commandTooLarge: self = .success
    case .connectionLost, .timedOut, .protocolViolation, .tooManyCommands, .invalidURL, .cancelled:
      self = .failure
    }
  }

  private static let unserviceable: Set<Substring> = ["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN"]
}

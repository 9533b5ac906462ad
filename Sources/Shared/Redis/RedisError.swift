/// What went wrong between this process and Redis; the only error type this module throws.
package struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure callers tell apart.
  package enum Code: String, Sendable, Hashable {
    /// The URL cannot be used; the process should not start with it.
    case invalidURL
    /// No connection is up, so nothing was sent.
    case notConnected
    /// The connection ended while the reply was outstanding.
    case connectionLost
    /// The deadline passed first; the command may still run.
    case timedOut
    /// The calling task was cancelled; the command may still run.
    case cancelled
    /// The bound on commands or bytes in flight is reached; nothing was sent.
    case tooManyCommands
    /// The command is larger than Redis would accept; nothing was sent.
    case commandTooLarge
    /// The peer does not speak RESP2, or exceeds a limit of ours.
    case protocolViolation
    /// Redis answered with an error, see ``RedisError/serverPrefix``.
    case serverError
    /// Redis answered with something else than the caller asked for.
    case unexpectedReply
    /// The client is shutting down; nothing was sent.
    case shutDown
  }

  /// The kind of failure.
  package let code: Code
  /// Words for a log; a server's error line as sent. Never holds a password.
  package let detail: String

  package init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  /// The first word of a server's error line (`NOSCRIPT`, `OOM`, `LOADING`, …); nil for every other code.
  package var serverPrefix: Substring? {
    code == .serverError ? detail.prefix { $0 != " " } : nil
  }

  /// Whether the same command may succeed later. Says nothing of whether it ran: ``outcomeIsUnknown`` does.
  package var isRetryable: Bool {
    switch code {
    case .notConnected, .connectionLost, .timedOut, .tooManyCommands: true
    case .serverError: Self.passingConditions.contains(serverPrefix ?? "")
    case .invalidURL, .cancelled, .commandTooLarge, .protocolViolation, .unexpectedReply, .shutDown: false
    }
  }

  /// Whether the command may have been carried out, now or later, although it failed here.
  package var outcomeIsUnknown: Bool {
    switch code {
    case .connectionLost, .timedOut, .cancelled, .protocolViolation: true
    case .invalidURL, .notConnected, .tooManyCommands, .commandTooLarge, .serverError, .unexpectedReply,
      .shutDown:
      false
    }
  }

  package var description: String { "Redis \(code.rawValue): \(detail)" }

  private static let passingConditions: Set<Substring> = [
    "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN",
  ]
}

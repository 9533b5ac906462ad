package import Redis

/// What went wrong with the queue; the only error type this module throws.
package struct QueueError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure callers tell apart.
  package enum Code: String, Sendable, Hashable {
    /// Redis did not answer, or cannot serve at the moment.
    case unavailable
    /// Redis is at its memory limit; settling goes on.
    case outOfMemory
    /// The caller's task was cancelled.
    case cancelled
    /// The event cannot be queued: an id is empty or too long.
    case invalidEvent
    /// A later release wrote the keys in a layout that this one does not know; nothing was touched.
    case incompatibleLayout
    /// Redis refused the call, or answered with something that is no answer to it.
    case unexpectedReply
  }

  package let code: Code
  /// Words for a log.
  package let detail: String
  /// Whether what was asked for may have happened all the same, now or later.
  package let outcomeIsUnknown: Bool

  package init(_ code: Code, _ detail: String, outcomeIsUnknown: Bool = false) {
    self.code = code
    self.detail = detail
    self.outcomeIsUnknown = outcomeIsUnknown
  }

  package init(_ error: RedisError) {
    let code: Code =
      switch error.code {
      case .cancelled: .cancelled
      case .serverError where error.serverPrefix == "OOM": .outOfMemory
      case .serverError where error.serverPrefix == "LAYOUT": .incompatibleLayout
      case _ where error.isRetryable || error.outcomeIsUnknown: .unavailable
      case .notConnected, .shutDown: .unavailable
      default: .unexpectedReply
      }
    let remedy = code == .incompatibleLayout ? ": run the release that wrote them, or a later one" : ""
    self.init(code, error.description + remedy, outcomeIsUnknown: error.outcomeIsUnknown)
  }

  /// Whether the same call may succeed later.
  package var isRetryable: Bool { code == .unavailable || code == .outOfMemory }

  package var description: String { "queue \(code.rawValue): \(detail)" }
}

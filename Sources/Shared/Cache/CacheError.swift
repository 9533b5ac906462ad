/// Why the cache could not answer; whatever a load throws is passed on as it is.
package struct CacheError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure callers tell apart.
  package enum Code: String, Sendable {
    /// Redis is gone and the database has as many loads as it is allowed: 503 with `Retry-After`.
    case overloaded
    /// The load answered from a replica although the primary was asked for.
    case loadFromReplica
    /// An invalidation, or the end of trust, was not confirmed by the server that was asked for its name.
    case unconfirmed
  }

  /// The kind of failure.
  package let code: Code
  /// Words for a log.
  package let detail: String

  /// Whether the same read may succeed a moment later.
  package var isRetryable: Bool { code == .overloaded }

  package var description: String { "cache \(code.rawValue): \(detail)" }

  init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}

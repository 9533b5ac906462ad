/// Why a statement, a transaction or a URL failed. Made at the border to libpq and nowhere else.
package struct PostgresError: Error, Sendable, Equatable {
  /// The kind of failure; everything the server itself said is a `sqlState`.
  package enum Code: Sendable, Equatable {
    /// The server refused, with its five-character SQLSTATE.
    case sqlState(String)
    /// The connection died with the statement on it. Of a COMMIT or any other write the outcome is unknown.
    case connectionLost
    /// The server cannot be reached at the moment; nothing was sent.
    case notConnected
    /// No connection became free within `pool_timeout`; nothing was sent.
    case poolTimeout
    /// Too many statements are waiting already; nothing was sent.
    case overloaded
    /// The deadline passed first. What was sent may still take effect outside a transaction.
    case deadline
    /// The calling task was cancelled.
    case cancelled
    /// A database URL that cannot be used.
    case invalidURL
    /// A value, row or result of another shape than the caller asked for.
    case unexpectedResult
    /// The client has been shut down.
    case shutDown
  }

  /// The kind of failure.
  package let code: Code
  /// What happened, for people. Never contains a password.
  package let detail: String
  /// The constraint that was violated, when the server names one.
  package let constraint: String?
  /// The name of the failed `PostgresStatement`.
  package let statement: String?
  /// A prepared plan that no longer fits the schema or the session; the next attempt prepares anew.
  let isStalePlan: Bool

  /// A failure of `code`; `constraint` and `statement` where known.
  package init(_ code: Code, _ detail: String, constraint: String? = nil, statement: String? = nil) {
    self.init(code, detail, constraint: constraint, statement: statement, isStalePlan: false)
  }

  init(_ code: Code, _ detail: String, constraint: String?, statement: String?, isStalePlan: Bool) {
    self.code = code
    self.detail = detail
    self.constraint = constraint
    self.statement = statement
    self.isStalePlan = isStalePlan
  }

  /// The server's SQLSTATE, when it was the server that refused.
  package var sqlState: String? {
    if case .sqlState(let state) = code { state } else { nil }
  }

  /// Whether the same work may succeed when done again. Says nothing about whether the first attempt took
  /// effect: after `connectionLost` and `deadline` a write must be idempotent to be repeated.
  package var isRetryable: Bool {
    if isInfrastructure || isStalePlan { return true }
    return switch code {
    case .deadline: true
    case .sqlState(let state): ["40001", "40P01", "55P03", "57014"].contains(state)
    default: false
    }
  }

  /// Whether the database, the network or the pool failed rather than the statement.
  package var isInfrastructure: Bool {
    switch code {
    case .connectionLost, .notConnected, .poolTimeout, .overloaded: true
    case .sqlState(let state):
      state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57P") || state.hasPrefix("58")
        || state == "25006"  // a primary that became a standby
    default: false
    }
  }

  /// Whether time ran out: here, or at the server's `statement_timeout`.
  package var isTimeout: Bool {
    code == .deadline || code == .sqlState("57014")
  }

  func naming(_ statement: String) -> PostgresError {
    PostgresError(
      code, detail, constraint: constraint, statement: statement, isStalePlan: isStalePlan)
  }
}

extension PostgresError: CustomStringConvertible {
  /// `code: detail`, followed by the statement and constraint where known.
  package var description: String {
    let statement = statement.map { " (statement \($0))" } ?? ""
    let constraint = constraint.map { " (constraint \($0))" } ?? ""
    return "\(code): \(detail)\(statement)\(constraint)"
  }
}

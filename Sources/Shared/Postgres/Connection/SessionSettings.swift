/// What every new connection is told before its first statement.
struct SessionSettings: Sendable, Equatable {
  let statementTimeout: Duration
  let idleInTransactionTimeout: Duration
  /// `options` of the URL; what they set is left as it is.
  let options: String

  /// Behind PgBouncer only what it carries along from one server connection to the next: anything else would
  /// stay on a server connection that other clients use.
  func script(isPooled: Bool) -> String {
    var statements = ["SET timezone = 'UTC'"]
    if !isPooled {
      statements += [
        setting("statement_timeout", statementTimeout),
        setting("idle_in_transaction_session_timeout", idleInTransactionTimeout),
      ].compactMap(\.self)
    }
    return statements.joined(separator: "; ")
  }

  private func setting(_ name: String, _ duration: Duration) -> String? {
    options.contains(name) ? nil : "SET \(name) = \(duration.wholeMilliseconds)"
  }
}

extension Duration {
  /// Rounded up, so that a wait of this length is never too short.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}

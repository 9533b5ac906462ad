/// One SQL statement with `$1…` parameters, usually a constant next to the index it uses.
package struct PostgresStatement: Sendable, Hashable {
  /// Names the prepared statement on the server and labels metrics and errors.
  package let name: String
  /// The SQL. Exactly one statement; it may not be a COPY.
  package let sql: String

  /// A statement. Two statements may share a name; each is prepared on its own.
  package init(_ name: String, _ sql: String) {
    self.name = name
    self.sql = sql
  }
}

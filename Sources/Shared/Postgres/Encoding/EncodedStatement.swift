/// A statement with its parameters as they go on the wire; made by the caller, not by the reactor.
struct EncodedStatement: Sendable, Equatable {
  /// More than the protocol can count.
  static let maximumParameters = 65_535

  let statement: PostgresStatement
  let types: [UInt32]
  let parameters: ValueBuffer

  init(_ statement: PostgresStatement, _ parameters: [PostgresParameter]) throws(PostgresError) {
    guard parameters.count <= Self.maximumParameters else {
      throw PostgresError(
        .unexpectedResult, "\(parameters.count) parameters; use arrays", statement: statement.name)
    }
    var buffer = ValueBuffer()
    buffer.values.reserveCapacity(parameters.count)
    for parameter in parameters { BinaryEncoding.append(parameter, to: &buffer) }
    self.statement = statement
    self.types = parameters.map { BinaryEncoding.type(of: $0).rawValue }
    self.parameters = buffer
  }

  /// Without parameters.
  private init(_ name: String, _ sql: String) {
    statement = PostgresStatement(name, sql)
    types = []
    parameters = ValueBuffer()
  }

  static let begin = EncodedStatement("begin", "BEGIN")
  static let commit = EncodedStatement("commit", "COMMIT")
  static let rollback = EncodedStatement("rollback", "ROLLBACK")
}

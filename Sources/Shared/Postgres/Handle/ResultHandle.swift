internal import CLibpq

/// Owner of one `PGresult`. Everything is copied out; it is cleared when this goes away.
struct ResultHandle: ~Copyable {
  private let result: OpaquePointer

  init(owning result: OpaquePointer) {
    self.result = result
  }

  deinit { PQclear(result) }

  /// What the pipeline makes of it; nil for a kind that this module never asks for, such as COPY.
  var kind: ResultKind? {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .success
    case PGRES_PIPELINE_SYNC: .sync
    case PGRES_PIPELINE_ABORTED: .skipped
    case PGRES_FATAL_ERROR: isSessionOver ? nil : .failure
    default: nil
    }
  }

  /// The first column of the first row of a result in text format.
  var scalar: String? {
    PQntuples(result) > 0 && PQnfields(result) > 0
      ? PQgetvalue(result, 0, 0).map { String(cString: $0) } : nil
  }

  /// The server ended the session with this message, or libpq did for want of a server.
  private var isSessionOver: Bool {
    let severity = field("V")
    return field("C") == nil || severity == "FATAL" || severity == "PANIC"
  }

  /// The rows and the command tag.
  func copy() -> PostgresResult {
    let rows = PQntuples(result)
    let columns = PQnfields(result)
    var cells = ValueBuffer()
    cells.values.reserveCapacity(Int(rows) * Int(columns))
    for row in 0..<rows {
      for column in 0..<columns { copyCell(row, column, to: &cells) }
    }
    return PostgresResult(
      affectedRows: Int(String(cString: PQcmdTuples(result))) ?? 0,
      commandTag: String(cString: PQcmdStatus(result)),
      table: ResultTable(
        columns: (0..<columns).map { PostgresType(rawValue: PQftype(result, $0)) },
        rowCount: Int(rows), cells: cells))
  }

  private func copyCell(_ row: Int32, _ column: Int32, to cells: inout ValueBuffer) {
    guard PQgetisnull(result, row, column) == 0 else { return cells.appendNull() }
    let bytes = UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    cells.append { $0.append(contentsOf: bytes) }
  }

  /// The server's refusal. Its DETAIL is left out: it quotes rows.
  func error(statement: String?) -> PostgresError {
    let message = field("M") ?? String(cString: PQresultErrorMessage(result))
    guard let state = field("C"), !isSessionOver else {
      return PostgresError(.connectionLost, String(message.prefix(300)), statement: statement)
    }
    let isStalePlan = state == "26000" || (state == "0A000" && field("R") == "RevalidateCachedQuery")
    return PostgresError(
      .sqlState(state), String(message.prefix(300)), constraint: field("n"), statement: statement,
      isStalePlan: isStalePlan)
  }

  /// A field by the protocol's letter.
  private func field(_ code: Character) -> String? {
    guard let letter = code.asciiValue, let text = PQresultErrorField(result, Int32(letter)) else {
      return nil
    }
    return String(cString: text)
  }
}

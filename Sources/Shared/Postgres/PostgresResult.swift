/// The rows a statement returned and how many it touched. Owns a copy of its bytes; nothing of libpq is
/// behind it.
package struct PostgresResult: Sendable {
  /// Rows inserted, updated, deleted or returned, as the server counted them.
  package let affectedRows: Int
  /// The command tag, such as `INSERT 0 1`.
  let commandTag: String
  let table: ResultTable
}

extension PostgresResult: RandomAccessCollection {
  /// Always 0.
  package var startIndex: Int { 0 }
  /// The number of rows.
  package var endIndex: Int { table.rowCount }
  /// The row at `position`; a view, nothing is copied.
  package subscript(position: Int) -> PostgresRow {
    precondition(position >= 0 && position < table.rowCount, "row \(position) of \(table.rowCount)")
    return PostgresRow(table: table, row: position)
  }
}

/// All cells of a result in one buffer, row by row.
struct ResultTable: Sendable {
  let columns: [PostgresType]
  let rowCount: Int
  let cells: ValueBuffer

  /// The cell's bytes, or nil for NULL.
  func bytes(row: Int, column: Int) -> ArraySlice<UInt8>? {
    cells[row * columns.count + column]
  }
}

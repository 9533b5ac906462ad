/// One row; columns are counted from 0 in the order of the SELECT or RETURNING list.
///
/// Each accessor accepts the types it names. A NULL, another type or a missing column throws
/// `unexpectedResult`; the `…OrNil` forms return nil for NULL.
package struct PostgresRow: Sendable {
  let table: ResultTable
  let row: Int

  /// `text`, `varchar`, `name`, `json`, `jsonb` and enumerations.
  package func text(_ column: Int) throws(PostgresError) -> String {
    try required(column, try textOrNil(column))
  }

  /// As `text`; nil for NULL.
  package func textOrNil(_ column: Int) throws(PostgresError) -> String? {
    try textCell(column).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The raw bytes of `bytea`, or the UTF-8 of what `text` accepts: JSON without a detour through `String`.
  package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
    try required(column, try bytesOrNil(column))
  }

  /// As `bytes`; nil for NULL.
  package func bytesOrNil(_ column: Int) throws(PostgresError) -> [UInt8]? {
    try bytesCell(column).map(Array.init)
  }

  /// Lends the bytes of `bytes` without a copy; `body` gets nil for NULL.
  package func withBytes<Value>(
    _ column: Int, _ body: (ArraySlice<UInt8>?) -> Value
  ) throws(PostgresError) -> Value {
    body(try bytesCell(column))
  }

  /// `smallint`, `integer`, `bigint` and `oid`.
  package func int(_ column: Int) throws(PostgresError) -> Int64 {
    try required(column, try intOrNil(column))
  }

  /// As `int`; nil for NULL.
  package func intOrNil(_ column: Int) throws(PostgresError) -> Int64? {
    let type = try type(column)
    return try decode(column, [.int8, .int4, .int2, .oid]) { BinaryDecoding.integer($0, type) }
  }

  /// `real` and `double precision`; cast `numeric` in the SQL.
  package func double(_ column: Int) throws(PostgresError) -> Double {
    let type = try type(column)
    let value = try decode(column, [.float8, .float4]) { BinaryDecoding.double($0, type) }
    return try required(column, value)
  }

  /// `boolean`.
  package func bool(_ column: Int) throws(PostgresError) -> Bool {
    try required(column, try boolOrNil(column))
  }

  /// As `bool`; nil for NULL.
  package func boolOrNil(_ column: Int) throws(PostgresError) -> Bool? {
    try decode(column, [.bool], BinaryDecoding.bool)
  }

  /// `uuid`.
  package func uuid(_ column: Int) throws(PostgresError) -> PostgresUUID {
    try required(column, try uuidOrNil(column))
  }

  /// As `uuid`; nil for NULL.
  package func uuidOrNil(_ column: Int) throws(PostgresError) -> PostgresUUID? {
    try decode(column, [.uuid], BinaryDecoding.uuid)
  }

  /// `timestamptz` in microseconds since 1970; `infinity` is refused.
  package func timestamp(_ column: Int) throws(PostgresError) -> Int64 {
    try required(column, try timestampOrNil(column))
  }

  /// As `timestamp`; nil for NULL.
  package func timestampOrNil(_ column: Int) throws(PostgresError) -> Int64? {
    try decode(column, [.timestamptz], BinaryDecoding.timestamp)
  }

  /// `text[]`.
  package func textArray(_ column: Int) throws(PostgresError) -> [String?] {
    try array(column, .textArray, of: .text) { String(decoding: $0, as: UTF8.self) }
  }

  /// `integer[]`.
  package func intArray(_ column: Int) throws(PostgresError) -> [Int32?] {
    try array(column, .int4Array, of: .int4) {
      BinaryDecoding.integer($0, .int4).map(Int32.init(truncatingIfNeeded:))
    }
  }

  /// `bigint[]`.
  package func bigintArray(_ column: Int) throws(PostgresError) -> [Int64?] {
    try array(column, .int8Array, of: .int8) { BinaryDecoding.integer($0, .int8) }
  }

  /// `uuid[]`.
  package func uuidArray(_ column: Int) throws(PostgresError) -> [PostgresUUID?] {
    try array(column, .uuidArray, of: .uuid, BinaryDecoding.uuid)
  }

  /// `timestamptz[]` in microseconds since 1970.
  package func timestampArray(_ column: Int) throws(PostgresError) -> [Int64?] {
    try array(column, .timestamptzArray, of: .timestamptz, BinaryDecoding.timestamp)
  }

  /// `boolean[]`.
  package func boolArray(_ column: Int) throws(PostgresError) -> [Bool?] {
    try array(column, .boolArray, of: .bool, BinaryDecoding.bool)
  }
}

extension PostgresRow {
  private func type(_ column: Int) throws(PostgresError) -> PostgresType {
    guard table.columns.indices.contains(column) else {
      throw PostgresError(.unexpectedResult, "column \(column) of \(table.columns.count)")
    }
    return table.columns[column]
  }

  /// The text of a textual or `jsonb` column, without the version byte of the latter.
  private func textCell(_ column: Int) throws(PostgresError) -> ArraySlice<UInt8>? {
    let type = try type(column)
    guard type.isTextual || type == .jsonb else { throw mismatch(column) }
    guard let cell = table.bytes(row: row, column: column) else { return nil }
    guard type == .jsonb else { return cell }
    guard cell.first == BinaryDecoding.jsonbVersion else { throw mismatch(column) }
    return cell.dropFirst()
  }

  private func bytesCell(_ column: Int) throws(PostgresError) -> ArraySlice<UInt8>? {
    try type(column) == .bytea ? table.bytes(row: row, column: column) : try textCell(column)
  }

  private func decode<Value>(
    _ column: Int, _ accepted: [PostgresType], _ decode: (ArraySlice<UInt8>) -> Value?
  ) throws(PostgresError) -> Value? {
    guard accepted.contains(try type(column)) else { throw mismatch(column) }
    guard let cell = table.bytes(row: row, column: column) else { return nil }
    guard let value = decode(cell) else { throw mismatch(column) }
    return value
  }

  private func array<Element>(
    _ column: Int, _ type: PostgresType, of element: PostgresType,
    _ decodeElement: (ArraySlice<UInt8>) -> Element?
  ) throws(PostgresError) -> [Element?] {
    let values = try decode(column, [type]) { BinaryDecoding.array($0, of: element, decodeElement) }
    return try required(column, values)
  }

  private func required<Value>(_ column: Int, _ value: Value?) throws(PostgresError) -> Value {
    if let value { return value }
    throw PostgresError(.unexpectedResult, "column \(column) is NULL")
  }

  private func mismatch(_ column: Int) -> PostgresError {
    let type = table.columns[column].rawValue
    return PostgresError(
      .unexpectedResult, "column \(column) of type \(type) has another form than asked for")
  }
}

/// Writes Postgres' binary formats.
enum BinaryEncoding {
  static func type(of parameter: PostgresParameter) -> PostgresType {
    switch parameter {
    case .null: .unspecified
    case .bool: .bool
    case .int: .int8
    case .text: .text
    case .json: .jsonb
    case .binary: .bytea
    case .uuid: .uuid
    case .timestamp: .timestamptz
    case .textArray: .textArray
    case .intArray: .int4Array
    case .bigintArray: .int8Array
    case .uuidArray: .uuidArray
    case .timestampArray: .timestamptzArray
    case .boolArray: .boolArray
    }
  }

  static func append(_ parameter: PostgresParameter, to buffer: inout ValueBuffer) {
    switch parameter {
    case .null: buffer.appendNull()
    case .bool(let value): append(value, to: &buffer, write)
    case .int(let value): append(value, to: &buffer, write)
    case .text(let value): append(value, to: &buffer, write)
    case .json(let value): append(value, to: &buffer, writeJSON)
    case .binary(let value): append(value, to: &buffer) { $1.append(contentsOf: $0) }
    case .uuid(let value): append(value, to: &buffer, write)
    case .timestamp(let value): append(value, to: &buffer, writeTimestamp)
    case .textArray(let values): append(values, of: .text, to: &buffer, write)
    case .intArray(let values): append(values, of: .int4, to: &buffer, write)
    case .bigintArray(let values): append(values, of: .int8, to: &buffer, write)
    case .uuidArray(let values): append(values, of: .uuid, to: &buffer, write)
    case .timestampArray(let values): append(values, of: .timestamptz, to: &buffer, writeTimestamp)
    case .boolArray(let values): append(values, of: .bool, to: &buffer, write)
    }
  }

  private static func append<Value>(
    _ value: Value?, to buffer: inout ValueBuffer, _ write: (Value, inout [UInt8]) -> Void
  ) {
    guard let value else { return buffer.appendNull() }
    buffer.append { write(value, &$0) }
  }

  /// Dimensions, NULL flag, element type, length, lower bound; then each element after its length, −1 for
  /// NULL.
  private static func append<Element>(
    _ elements: [Element?], of type: PostgresType, to buffer: inout ValueBuffer,
    _ write: (Element, inout [UInt8]) -> Void
  ) {
    buffer.append { bytes in
      self.write(Int32(elements.isEmpty ? 0 : 1), &bytes)
      self.write(Int32(elements.contains { $0 == nil } ? 1 : 0), &bytes)
      self.write(type.rawValue, &bytes)
      if elements.isEmpty { return }
      self.write(Int32(elements.count), &bytes)
      self.write(Int32(1), &bytes)
      for element in elements {
        let place = bytes.count
        self.write(Int32(-1), &bytes)
        guard let element else { continue }
        write(element, &bytes)
        setLength(Int32(bytes.count - place - 4), at: place, &bytes)
      }
    }
  }

  private static func setLength(_ length: Int32, at place: Int, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
  }

  private static func write(_ value: some FixedWidthInteger, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  private static func write(_ value: Bool, _ bytes: inout [UInt8]) { bytes.append(value ? 1 : 0) }

  private static func write(_ value: String, _ bytes: inout [UInt8]) {
    bytes.append(contentsOf: value.utf8)
  }

  private static func write(_ value: PostgresUUID, _ bytes: inout [UInt8]) {
    write(value.high, &bytes)
    write(value.low, &bytes)
  }

  private static func writeJSON(_ value: [UInt8], _ bytes: inout [UInt8]) {
    bytes.append(BinaryDecoding.jsonbVersion)
    bytes.append(contentsOf: value)
  }

  /// A time too far back to count from 2000 becomes the earliest one, which Postgres refuses as out of range.
  private static func writeTimestamp(_ microseconds: Int64, _ bytes: inout [UInt8]) {
    let (since2000, overflow) = microseconds.subtractingReportingOverflow(BinaryDecoding.epochOffset)
    write(overflow ? Int64.min + 1 : since2000, &bytes)
  }
}

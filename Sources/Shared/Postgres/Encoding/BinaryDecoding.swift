/// Reads Postgres' binary formats. Every function returns nil for bytes that are not of that form.
enum BinaryDecoding {
  /// Seconds from 1970 to 2000, where Postgres begins to count, in microseconds.
  static let epochOffset: Int64 = 946_684_800_000_000
  static let jsonbVersion: UInt8 = 1

  static func integer(_ bytes: ArraySlice<UInt8>, _ type: PostgresType) -> Int64? {
    switch type {
    case .int8: fixed(bytes, Int64.self)
    case .int4: fixed(bytes, Int32.self).map(Int64.init)
    case .int2: fixed(bytes, Int16.self).map(Int64.init)
    case .oid: fixed(bytes, UInt32.self).map(Int64.init)
    default: nil
    }
  }

  static func double(_ bytes: ArraySlice<UInt8>, _ type: PostgresType) -> Double? {
    switch type {
    case .float8: fixed(bytes, UInt64.self).map(Double.init(bitPattern:))
    case .float4: fixed(bytes, UInt32.self).map { Double(Float(bitPattern: $0)) }
    default: nil
    }
  }

  static func bool(_ bytes: ArraySlice<UInt8>) -> Bool? {
    fixed(bytes, UInt8.self).map { $0 != 0 }
  }

  static func uuid(_ bytes: ArraySlice<UInt8>) -> PostgresUUID? {
    guard let high = fixed(bytes.prefix(8), UInt64.self), let low = fixed(bytes.dropFirst(8), UInt64.self)
    else { return nil }
    return PostgresUUID(high: high, low: low)
  }

  /// Microseconds since 1970; nil for `infinity`, `-infinity` and what does not fit.
  static func timestamp(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let since2000 = fixed(bytes, Int64.self), since2000 != .min, since2000 != .max else { return nil }
    let (since1970, overflow) = since2000.addingReportingOverflow(epochOffset)
    return overflow ? nil : since1970
  }

  /// A one-dimensional array: dimensions, NULL flag, element type, length, lower bound, then the elements
  /// with their lengths (−1 for NULL).
  static func array<Element>(
    _ bytes: ArraySlice<UInt8>, of type: PostgresType,
    _ decodeElement: (ArraySlice<UInt8>) -> Element?
  ) -> [Element?]? {
    var rest = bytes
    guard let dimensions = take(&rest, Int32.self), take(&rest, Int32.self) != nil,
      take(&rest, UInt32.self) == type.rawValue
    else { return nil }
    if dimensions == 0 { return [] }
    guard dimensions == 1, let count = take(&rest, Int32.self), count >= 0,
      take(&rest, Int32.self) != nil
    else {
      return nil
    }
    var elements: [Element?] = []
    for _ in 0..<count {
      guard let length = take(&rest, Int32.self) else { return nil }
      if length == -1 {
        elements.append(nil)
        continue
      }
      guard length >= 0, rest.count >= Int(length), let element = decodeElement(rest.prefix(Int(length)))
      else { return nil }
      rest = rest.dropFirst(Int(length))
      elements.append(element)
    }
    return rest.isEmpty ? elements : nil
  }

  private static func fixed<Value: FixedWidthInteger>(
    _ bytes: ArraySlice<UInt8>, _: Value.Type
  ) -> Value? {
    guard bytes.count == Value.bitWidth / 8 else { return nil }
    return bytes.reduce(into: Value(0)) { value, byte in
      value = (value << 8) | Value(truncatingIfNeeded: byte)
    }
  }

  private static func take<Value: FixedWidthInteger>(
    _ bytes: inout ArraySlice<UInt8>, _ type: Value.Type
  ) -> Value? {
    let size = Value.bitWidth / 8
    guard let value = fixed(bytes.prefix(size), type) else { return nil }
    bytes = bytes.dropFirst(size)
    return value
  }
}

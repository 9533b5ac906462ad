/// Values one after another in one buffer: the cells of a result, or the parameters of a statement.
struct ValueBuffer: Sendable, Equatable {
  /// Where a value lies; a negative length stands for NULL, as in the protocol.
  struct Value: Sendable, Equatable {
    let offset: Int
    let length: Int
  }

  var values: [Value] = []
  var bytes: [UInt8] = []

  subscript(index: Int) -> ArraySlice<UInt8>? {
    let value = values[index]
    return value.length < 0 ? nil : bytes[value.offset..<value.offset + value.length]
  }

  mutating func appendNull() {
    values.append(Value(offset: bytes.count, length: -1))
  }

  /// Appends what `write` adds to the bytes as one value.
  mutating func append(_ write: (inout [UInt8]) -> Void) {
    let offset = bytes.count
    write(&bytes)
    values.append(Value(offset: offset, length: bytes.count - offset))
  }
}

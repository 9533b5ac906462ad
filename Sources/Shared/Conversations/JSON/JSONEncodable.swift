/// What can write itself as one JSON value, members in a fixed order.
package protocol JSONEncodable {
  /// Appends exactly one value.
  func encode(into writer: inout JSONWriter)
}

extension JSONEncodable {
  /// The value alone, as the bytes of a response body.
  package func jsonBytes() -> [UInt8] {
    var writer = JSONWriter()
    encode(into: &writer)
    return writer.bytes
  }
}

/// What was made of some bytes, for when the same bytes come next: clients repeat themselves.
struct LastValue<Value> {
  private var last: (bytes: [UInt8], value: Value)?

  mutating func value(
    of range: Range<Int>, in bytes: UnsafeRawBufferPointer, _ make: (String) -> Value
  ) -> Value {
    let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
    if let last, slice.isEqual(to: last.bytes) { return last.value }
    let value = make(bytes.text(range))
    last = (Array(slice), value)
    return value
  }
}

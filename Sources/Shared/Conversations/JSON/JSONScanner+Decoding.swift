extension JSONScanner {
  /// Whether a token spells `expected` (ASCII without escapes), however it was escaped.
  @inline(__always)
  func matches(_ text: JSONText, _ expected: StaticString) -> Bool {
    if text.isEscaped { return decode(text).string == "\(expected)" }
    guard text.range.count == expected.utf8CodeUnitCount else { return false }
    for index in 0..<expected.utf8CodeUnitCount
    where bytes[text.range.lowerBound + index] != expected.utf8Start[index] {
      return false
    }
    return true
  }

  /// A token's characters. U+0000, which Postgres refuses, and lone surrogates, which no Unicode string can hold,
  /// become U+FFFD; `isRepaired` tells that this happened.
  func decode(_ text: JSONText) -> (string: String, isRepaired: Bool) {
    let source = UnsafeBufferPointer(rebasing: bytes[text.range])
    guard text.isEscaped else { return (String(decoding: source, as: UTF8.self), false) }
    var isRepaired = false
    let string = String(unsafeUninitializedCapacity: source.count) { target in
      var unescaper = JSONUnescaper(source: source, target: target)
      let count = unescaper.run()
      isRepaired = unescaper.isRepaired
      return count
    }
    return (string, isRepaired)
  }

  /// Takes a string value and decodes it, repaired where needed.
  mutating func string() throws(JSONError) -> String { decode(try text()).string }

  /// The bytes of a value as they were sent.
  func raw(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }

  /// The characters of a value as they were sent: its JSON text.
  func rawText(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

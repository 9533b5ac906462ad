/// Writes compact JSON into one growing byte array; commas are put where they belong.
///
/// Calls must nest properly, and each `member` is followed by exactly one value: the writer does not check that.
package struct JSONWriter: Sendable {
  /// What has been written so far.
  package private(set) var bytes: [UInt8] = []

  /// `capacity` is a guess of the final size in bytes.
  package init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

  /// Opens an object.
  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  /// Closes the object opened last.
  package mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
  /// Opens an array.
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  /// Closes the array opened last.
  package mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

  /// Writes a key, which must be ASCII that needs no escape.
  package mutating func member(_ name: StaticString) {
    open(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  /// Writes a key of any characters.
  package mutating func member(escaping name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
  }

  /// Writes a string, escaping only what RFC 8259 demands.
  package mutating func string(_ value: String) {
    open(UInt8(ascii: "\""))
    var value = value
    value.withUTF8 { JSONEscape.append($0, to: &bytes) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes an integer.
  package mutating func integer(_ value: Int) {
    separate()
    var digits = "\(value)"
    digits.withUTF8 { bytes.append(contentsOf: $0) }
  }

  /// Writes `true` or `false`.
  package mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

  /// Writes `null`.
  package mutating func null() { literal("null") }

  /// Writes bytes that are one JSON value already.
  package mutating func raw(_ value: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: value)
  }

  private mutating func literal(_ text: StaticString) {
    separate()
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func open(_ byte: UInt8) {
    separate()
    bytes.append(byte)
  }

  /// A value never ends in one of these three bytes, so the last byte alone tells whether a comma is due.
  private mutating func separate() {
    switch bytes.last {
    case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
    default: bytes.append(UInt8(ascii: ","))
    }
  }
}

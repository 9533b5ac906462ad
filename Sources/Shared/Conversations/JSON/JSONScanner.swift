/// Reads one JSON text (RFC 8259) front to back, each byte once, and checks all it passes over: grammar, UTF-8, depth.
///
/// A caller takes the members it knows and skips the others; a text is proven valid once `finish` returned.
/// Nesting is kept in a bit stack, so no input can exhaust the native stack. The bytes are borrowed: use it inside
/// the closure that lends them.
struct JSONScanner {
  static let maximumDepth = 512

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  /// Containers entered and not left.
  private(set) var depth = 0
  private var arrays = InlineArray<8, UInt64>(repeating: 0)
  private var isAtFirst = false

  /// One leading byte order mark is passed over.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
  }

  /// Looks at the next value without taking it.
  @inline(__always)
  mutating func kind() throws(JSONError) -> JSONKind {
    switch try nextByte() {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
    case UInt8(ascii: "n"): .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
    default: throw failure(.unexpectedByte)
    }
  }

  /// Takes the opening brace or bracket of the next value, which `kind` showed to be a container.
  @inline(__always)
  mutating func enter() throws(JSONError) {
    let isArray = try nextByte() == UInt8(ascii: "[")
    guard depth < Self.maximumDepth else { throw failure(.tooDeep) }
    let bit = UInt64(1) << UInt64(depth & 63)
    if isArray { arrays[depth >> 6] |= bit } else { arrays[depth >> 6] &= ~bit }
    position += 1
    depth += 1
    isAtFirst = true
  }

  /// Moves to the next element of the array entered last; false when it is over and left.
  @inline(__always)
  mutating func nextElement() throws(JSONError) -> Bool {
    try advance(closing: UInt8(ascii: "]"))
  }

  /// Moves to the next member of the object entered last and takes its key and colon; nil when it is over and left.
  @inline(__always)
  mutating func nextMember() throws(JSONError) -> JSONText? {
    guard try advance(closing: UInt8(ascii: "}")) else { return nil }
    let key = try text()
    guard try nextByte() == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
    position += 1
    return key
  }

  /// Passes over the next value, of any kind, and returns where it stands.
  @inline(__always)
  mutating func skipValue() throws(JSONError) -> Range<Int> {
    let isContainer = try kind() == .object || bytes[position] == UInt8(ascii: "[")
    let start = position
    if isContainer { try skipContainer() } else { try skipScalar() }
    return start..<position
  }

  /// Demands that nothing but white space is left.
  mutating func finish() throws(JSONError) {
    skipWhitespace()
    guard position == bytes.count else { throw failure(.trailingData) }
  }

  /// The error for the byte the scanner stands at.
  func failure(_ code: JSONError.Code) -> JSONError {
    JSONError(code: position < bytes.count ? code : .unexpectedEnd, offset: position)
  }

  private mutating func skipContainer() throws(JSONError) {
    let outer = depth
    try enter()
    while depth > outer {
      if isInArray { guard try nextElement() else { continue } } else if try nextMember() == nil { continue }
      switch try kind() {
      case .object, .array: try enter()
      default: try skipScalar()
      }
    }
  }

  private mutating func skipScalar() throws(JSONError) {
    switch bytes[position] {
    case UInt8(ascii: "\""): _ = try text()
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: try skipNumber()
    }
  }

  private var isInArray: Bool { arrays[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1 }

  @inline(__always)
  private mutating func advance(closing: UInt8) throws(JSONError) -> Bool {
    let byte = try nextByte()
    if byte == closing {
      position += 1
      depth -= 1
      isAtFirst = false
      return false
    }
    if isAtFirst {
      isAtFirst = false
      return true
    }
    guard byte == UInt8(ascii: ",") else { throw failure(.unexpectedByte) }
    position += 1
    return true
  }

  private mutating func skip(_ literal: StaticString) throws(JSONError) {
    for index in 0..<literal.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == literal.utf8Start[index] else {
        throw failure(.unexpectedByte)
      }
      position += 1
    }
  }

  @inline(__always)
  private mutating func nextByte() throws(JSONError) -> UInt8 {
    skipWhitespace()
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    return bytes[position]
  }

  @inline(__always)
  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }
}

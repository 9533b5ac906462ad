/// A second, naive reading of RFC 8259, written for the fuzz test alone: recursive, over decoded scalars.
struct OracleJSON {
  private var scalars: [Unicode.Scalar]
  private var index = 0

  static func accepts(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    var oracle = OracleJSON(scalars: Array(text.unicodeScalars))
    if oracle.scalars.first == "\u{FEFF}" { oracle.index = 1 }
    guard oracle.value(depth: 0) else { return false }
    oracle.space()
    return oracle.index == oracle.scalars.count
  }

  private mutating func value(depth: Int) -> Bool {
    space()
    guard let scalar = peek else { return false }
    switch scalar {
    case "{": return depth < 512 && list("}") { $0.member(depth: depth + 1) }
    case "[": return depth < 512 && list("]") { $0.value(depth: depth + 1) }
    case "\"": return string()
    case "t": return literal("true")
    case "f": return literal("false")
    case "n": return literal("null")
    default: return number()
    }
  }

  private mutating func list(_ close: Unicode.Scalar, _ item: (inout OracleJSON) -> Bool) -> Bool {
    index += 1
    space()
    if take(close) { return true }
    repeat {
      guard item(&self) else { return false }
      space()
    } while take(",")
    return take(close)
  }

  private mutating func member(depth: Int) -> Bool {
    space()
    guard peek == "\"", string() else { return false }
    space()
    return take(":") && value(depth: depth)
  }

  private mutating func string() -> Bool {
    index += 1
    while let scalar = peek {
      index += 1
      if scalar == "\"" { return true }
      if scalar.value < 0x20 { return false }
      if scalar == "\\", !escape() { return false }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard let scalar = peek else { return false }
    index += 1
    guard scalar == "u" else { return "\"\\/bfnrt".unicodeScalars.contains(scalar) }
    for _ in 0..<4 {
      guard let digit = peek, digit.isASCII, digit.properties.isASCIIHexDigit else { return false }
      index += 1
    }
    return true
  }

  private mutating func number() -> Bool {
    _ = take("-")
    if !take("0"), !digits() { return false }
    if take("."), !digits() { return false }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      return digits()
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = index
    while let scalar = peek, ("0"..."9").contains(scalar) { index += 1 }
    return index > start
  }

  private mutating func literal(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { take($0) } }

  private mutating func space() {
    while let scalar = peek, " \n\r\t".unicodeScalars.contains(scalar) { index += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    index += 1
    return true
  }

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
}

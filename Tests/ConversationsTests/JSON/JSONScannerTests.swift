import Testing

@testable import Conversations

@Suite("JSON scanner")
struct JSONScannerTests {
  @Test(
    "Takes every form RFC 8259 allows",
    arguments: [
      "0", "-0", "1e400", "-1.5E+10", "12.50", "true", "false", "null", "\"\"", #""\"\\\/\b\f\n\r\t\u00e9""#,
      "[]",
      "{}", " [ 1 , [ ] , { } ] ", #"{"a":{"b":[null]},"a":2}"#, "\t\n\r 1 \n", "\u{FEFF}[1]", #""\ud800""#,
      #""é中😀""#, "\"\u{7F}\u{FFFE}\u{FFFF}\"", #"{"":0}"#,
    ])
  func valid(_ text: String) {
    #expect(fault(in: Array(text.utf8)) == nil)
  }

  @Test(
    "Refuses what is no JSON and says why",
    arguments: [
      ("", .unexpectedEnd), ("  \n\t ", .unexpectedEnd), ("[1,]", .unexpectedByte),
      ("{\"a\":1,}", .unexpectedByte),
      ("{'a':1}", .unexpectedByte), ("[1 2]", .unexpectedByte), ("[,1]", .unexpectedByte),
      ("{,}", .unexpectedByte),
      ("[1", .unexpectedEnd), ("{\"a\"", .unexpectedEnd), ("{\"a\" 1}", .unexpectedByte),
      ("{1:2}", .unexpectedByte),
      ("[1}", .unexpectedByte), ("{\"a\":1]", .unexpectedByte), ("NaN", .unexpectedByte),
      ("Infinity", .unexpectedByte),
      ("tru", .unexpectedEnd), ("trux", .unexpectedByte), ("nulll", .trailingData), ("01", .trailingData),
      ("1 2", .trailingData), ("{}x", .trailingData), (".5", .unexpectedByte), ("+1", .unexpectedByte),
      ("1.x", .badNumber), ("1ex", .badNumber), ("-x", .badNumber), ("-", .unexpectedEnd),
      ("1.", .unexpectedEnd),
      ("\"a", .unexpectedEnd), ("\"\\", .unexpectedEnd), ("\"\\x\"", .badEscape), ("\"\\u12g4\"", .badEscape),
      ("\"a\nb\"", .controlCharacter), ("\"a\u{0}b\"", .controlCharacter), ("/**/1", .unexpectedByte),
      ("\u{FEFF}\u{FEFF}1", .unexpectedByte), ("\u{A0}1", .unexpectedByte), ("<html>", .unexpectedByte),
    ] as [(String, JSONError.Code)])
  func invalid(_ text: String, _ code: JSONError.Code) {
    #expect(fault(in: Array(text.utf8))?.code == code)
  }

  @Test(
    "Refuses ill-formed UTF-8 inside strings",
    arguments: [
      [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0xBD],
      [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F], [0xE4, 0xB8], [0xC3],
      [0xE4, 0xB8, 0x41],
    ] as [[UInt8]])
  func illFormed(_ bytes: [UInt8]) {
    for padding in [0, 7, 9] {
      let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
      #expect(fault(in: text)?.code == .invalidUTF8)
    }
  }

  @Test("Every scalar of Unicode passes, at every alignment")
  func everyScalar() {
    var text = "\""
    for value in (0x20...0x10FFFF as ClosedRange<UInt32>).lazy.filter({ $0 % 7 == 0 || $0 < 0x3000 }) {
      guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
      text.unicodeScalars.append(scalar)
    }
    #expect(fault(in: Array((text + "\"").utf8)) == nil)
  }

  @Test("512 levels are taken, 513 refused, and a hundred thousand open brackets do no harm")
  func depth() {
    func nested(_ open: String, _ close: String, _ count: Int) -> [UInt8] {
      Array((String(repeating: open, count: count) + "1" + String(repeating: close, count: count)).utf8)
    }
    #expect(fault(in: nested("[", "]", 512)) == nil)
    #expect(fault(in: nested("[", "]", 513))?.code == .tooDeep)
    #expect(fault(in: nested("{\"a\":", "}", 512)) == nil)
    #expect(fault(in: nested("{\"a\":", "}", 513))?.code == .tooDeep)
    #expect(fault(in: nested("[{\"a\":", "}]", 256)) == nil)
    #expect(fault(in: nested("[{\"a\":", "}]", 257))?.code == .tooDeep)
    #expect(fault(in: Array(repeating: UInt8(ascii: "["), count: 100_000))?.code == .tooDeep)
  }

  @Test("Containers mixed over the 64-level words of the nesting stack are kept apart")
  func mixedNesting() {
    let opens = (0..<300).map { $0 % 3 == 0 ? "[" : "{\"k\":" }
    let closes = (0..<300).reversed().map { $0 % 3 == 0 ? "]" : "}" }
    #expect(fault(in: Array((opens.joined() + "[1,2]" + closes.joined()).utf8)) == nil)
    let wrong = closes.enumerated().map { $0.offset == 150 ? ($0.element == "]" ? "}" : "]") : $0.element }
    #expect(fault(in: Array((opens.joined() + "0" + wrong.joined()).utf8))?.code == .unexpectedByte)
  }

  @Test("Members can be taken one by one, the unread ones kept as raw bytes")
  func members() throws {
    let found = try scan(Array(#"{"a":[1,{"x":2}], "b" : "t\u0065xt","c":-1.5e3}"#.utf8)) {
      (scanner) throws(JSONError) in
      var found: [String: String] = [:]
      try scanner.enter()
      while let key = try scanner.nextMember() {
        found[scanner.decode(key).string] = scanner.rawText(try scanner.skipValue())
      }
      try scanner.finish()
      return found
    }
    #expect(found == ["a": #"[1,{"x":2}]"#, "b": #""t\u0065xt""#, "c": "-1.5e3"])
  }

  @Test("A key is known by its characters, not by its escapes")
  func escapedKey() throws {
    let matches = try scan(Array(#"{"\u0065vent":1}"#.utf8)) { (scanner) throws(JSONError) in
      try scanner.enter()
      guard let key = try scanner.nextMember() else { return false }
      return scanner.matches(key, "event") && !scanner.matches(key, "even")
    }
    #expect(matches)
  }
}

import Testing

@testable import Conversations

@Suite("JSON strings")
struct JSONTextTests {
  @Test(
    "Escapes are undone; U+0000 and lone surrogates become U+FFFD",
    arguments: [
      (#"plain"#, "plain", false), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t", false),
      (#"\u0041\u00e9\u4E2d"#, "Aé中", false), (#"\ud83d\ude00!"#, "😀!", false),
      (#"a\u0000b"#, "a\u{FFFD}b", true),
      (#"\ud83d"#, "\u{FFFD}", true), (#"\ude00x"#, "\u{FFFD}x", true),
      (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀", true),
      (#"\ud83d\n"#, "\u{FFFD}\n", true), (#"\ud83dA"#, "\u{FFFD}A", true),
      (#"\udbff\udfff"#, "\u{10FFFF}", false),
      (#"\ufffd"#, "\u{FFFD}", false), (#"\u007f\u07ff\u0800"#, "\u{7f}\u{7ff}\u{800}", false),
      ("cafe\u{301}", "cafe\u{301}", false), (#"\\u0000"#, "\\u0000", false),
    ])
  func decode(_ escaped: String, _ expected: String, _ isRepaired: Bool) throws {
    let result = try scan(Array("\"\(escaped)\"".utf8)) { (scanner) throws(JSONError) in
      scanner.decode(try scanner.text())
    }
    #expect(Array(result.string.utf8) == Array(expected.utf8))
    #expect(result.isRepaired == isRepaired)
  }
}

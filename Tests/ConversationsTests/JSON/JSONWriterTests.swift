import Testing

@testable import Conversations

@Suite("JSON writer")
struct JSONWriterTests {
  @Test("Commas stand between members and elements, nowhere else")
  func commas() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("a", 1)
    writer.member("b")
    writer.beginArray()
    writer.string("{")
    writer.null()
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.member("c", nil as String?)
    writer.member("d", false)
    writer.member(escaping: "e\"")
    writer.raw("[1]".utf8)
    writer.endObject()
    #expect(writer.bytes.text == #"{"a":1,"b":["{",null,{}],"c":null,"d":false,"e\"":[1]}"#)
  }

  @Test("Quote, backslash and control characters are escaped at every position; all else stays")
  func escapes() {
    for padding in 0..<17 {
      var writer = JSONWriter()
      let filler = String(repeating: "x", count: padding)
      writer.string(filler + "\"\\\u{8}\u{9}\n\u{c}\r\u{0}\u{1f}\u{7f}é中😀/\u{2028}")
      #expect(writer.bytes.text == "\"\(filler)" + #"\"\\\b\t\n\f\r\u0000\u001f"# + "\u{7f}é中😀/\u{2028}\"")
    }
  }
}

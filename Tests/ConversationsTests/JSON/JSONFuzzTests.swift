import TestSupport
import Testing

@testable import Conversations

@Suite("JSON fuzz")
struct JSONFuzzTests {
  @Test("The scanner accepts exactly what a naive second parser accepts")
  func sameVerdict() {
    var generator = seededGenerator(named: "JSON scanner")
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = Array(Self.text(&generator, depth: 0).utf8)
      if Bool.random(using: &generator) { Self.damage(&bytes, &generator) }
      let verdict = fault(in: bytes) == nil
      #expect(verdict == OracleJSON.accepts(bytes), "\(bytes)")
      accepted += verdict ? 1 : 0
    }
    #expect(accepted > 2000 && accepted < 20_000, "the fuzz must reach both verdicts")
  }

  @Test("What the writer writes reads back as the same string")
  func writerRoundTrip() throws {
    var generator = seededGenerator(named: "JSON writer")
    for _ in 0..<3000 {
      let string = String(Self.characters(&generator, in: 1...0x2FF))
      var writer = JSONWriter()
      writer.string(string)
      let back = try scan(writer.bytes) { (scanner) throws(JSONError) in
        let back = try scanner.string()
        try scanner.finish()
        return back
      }
      #expect(Array(back.utf8) == Array(string.utf8))
    }
  }

  @Test("Normal form is stable: normalising it again changes nothing, and its value stays equal")
  func normalFormIsStable() throws {
    var generator = seededGenerator(named: "JSON normal form")
    for _ in 0..<3000 {
      let text = Array(Self.text(&generator, depth: 0).utf8)
      let once = try NormalizedJSON(text: text)
      #expect(try NormalizedJSON(text: once.bytes).bytes == once.bytes)
      #expect(try NormalizedJSON.areEqual(text, once.bytes), "\(text.text)")
    }
  }

  private static func text(_ generator: inout SplitMix64, depth: Int) -> String {
    let space = [" ", "", "", "\n"].randomElement(using: &generator) ?? ""
    switch Int.random(in: 0..<(depth > 5 ? 5 : 8), using: &generator) {
    case 0: return space + (["true", "false", "null"].randomElement(using: &generator) ?? "")
    case 1: return "\(Int.random(in: -999...999, using: &generator))" + space
    case 2:
      return "\(Int.random(in: 0...99, using: &generator)).\(Int.random(in: 0...999, using: &generator))e-2"
    case 3:
      let pieces = ["", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\\u0000", "aé中😀"]
      return "\"\(pieces.randomElement(using: &generator) ?? "")x\""
    case 4: return "\"" + String(characters(&generator, in: 0x30...0x59)) + "\""
    case 5, 6:
      let members = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        "\"k\(Int.random(in: 0...3, using: &generator))\"" + space + ":" + text(&generator, depth: depth + 1)
      }
      return "{" + space + members.joined(separator: ",") + "}"
    default:
      let elements = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        text(&generator, depth: depth + 1)
      }
      return "[" + elements.joined(separator: space + ",") + "]" + space
    }
  }

  private static func damage(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
    let interesting = Array("{}[]\",:\\u0e-.tn \u{1}".utf8) + [0x80, 0xC3, 0xED, 0xFF, 0xF0]
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes.remove(at: index)
      case 1: bytes[index] = interesting.randomElement(using: &generator) ?? 0
      default: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: index)
      }
    }
  }

  private static func characters(
    _ generator: inout SplitMix64, in range: ClosedRange<UInt32>
  ) -> String.UnicodeScalarView {
    var view = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
      view.append(Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? "x")
    }
    return view
  }
}

import Testing

@testable import Conversations

@Suite("Normal form of JSON")
struct NormalizedJSONTests {
  @Test(
    "Compact, keys sorted bytewise, the last of repeated keys, repaired for Postgres",
    arguments: [
      (#" { "b" : 1 , "a" : [ 1 , 2 ] } "#, #"{"a":[1,2],"b":1}"#),
      (#"{"a":1,"b":{"z":1,"y":2},"a":3}"#, #"{"a":3,"b":{"y":2,"z":1}}"#),
      (#"{"\u0061":1,"a":2}"#, #"{"a":2}"#), (#"{"a\u0000":"\ud800"}"#, "{\"a\u{FFFD}\":\"\u{FFFD}\"}"),
      (#"["\/\u00e9\u001f"]"#, "[\"/é\\u001f\"]"), ("[]", "[]"), ("[[],{}]", "[[],{}]"), ("1.50", "1.50"),
      ("{\"e\u{301}\":1,\"\u{e9}\":2}", "{\"e\u{301}\":1,\"\u{e9}\":2}"),
      ("[1e400,-1e131000]", #"["1e400","-1e131000"]"#),
    ])
  func normalForm(_ text: String, _ expected: String) throws {
    #expect(try NormalizedJSON(text: Array(text.utf8)).bytes == Array(expected.utf8))
  }

  @Test("Depth counts nested containers")
  func depth() throws {
    for (text, depth) in [("1", 0), ("{}", 1), (#"{"a":[1],"b":2}"#, 2), ("[[[]],[]]", 3)] {
      #expect(try NormalizedJSON(text: Array(text.utf8)).depth == depth)
    }
  }

  @Test("512 levels are normalised without recursion")
  func deep() throws {
    let text = String(repeating: #"{"b":1,"a":"#, count: 512) + "0" + String(repeating: "}", count: 512)
    let normalized = try NormalizedJSON(text: Array(text.utf8))
    #expect(normalized.depth == 512)
    #expect(normalized.bytes.count == text.utf8.count)
  }

  @Test(
    "Numbers are equal by value",
    arguments: [
      ("1", "1.0", true), ("1e2", "100", true), ("-0", "0", true), ("0.10", "1e-1", true),
      ("1200", "12E+2", true),
      ("-1", "1", false), ("1", "10", false), ("0.1", "0.01", false),
      ("123456789012345678901", "123456789012345678902", false),
      ("0e5", "0.000", true),
    ])
  func numbers(_ left: String, _ right: String, _ areEqual: Bool) throws {
    #expect(try NormalizedJSON.areEqual(Array(left.utf8), Array(right.utf8)) == areEqual)
  }

  @Test(
    "A number Postgres could not hold, or would blow up, is known",
    arguments: [
      ("1e308", true), ("1e309", false), ("1e-308", true), ("1e-20000", false),
      ("1e999999999999999999999", false),
      ("0e-99999", false), ("0.0", true), (String(repeating: "9", count: 309), true),
      (String(repeating: "9", count: 310), false), ("0." + String(repeating: "0", count: 2000) + "1", false),
      ("1" + String(repeating: "0", count: 50) + "e-50", true),
    ])
  func storable(_ text: String, _ isStorable: Bool) throws {
    #expect(try NormalizedJSON(text: Array(text.utf8)).hasUnstorableNumber != isStorable)
  }

  @Test(
    "A number is spelt as jsonb gives it back, so that limits count what is stored",
    arguments: [
      ("1e3", "1000"), ("-1.5e2", "-150"), ("1.25e1", "12.5"), ("1e-3", "0.001"), ("-12.5e-4", "-0.00125"),
      ("0e5", "0"), ("1.50", "1.50"), ("100", "100"), ("1E+2", "100"),
    ])
  func spelling(written: String, stored: String) throws {
    #expect(try NormalizedJSON(text: Array(written.utf8)).bytes == Array(stored.utf8))
  }

  @Test("Numbers that grow when they are stored count with all their digits")
  func growth() throws {
    let numbers = Array(repeating: "1e308", count: 10_000).joined(separator: ",")
    let body = Array(#"{"metadata":{"a":[\#(numbers)]}}"#.utf8)
    #expect(throws: RequestRejection.self) { try NewConversation(decoding: body, role: .user) }
  }
}

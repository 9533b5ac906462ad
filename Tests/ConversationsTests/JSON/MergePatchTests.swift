import Testing

@testable import Conversations

@Suite("Merge patch")
struct MergePatchTests {
  @Test(
    "The examples of RFC 7396, appendix A",
    arguments: [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
      (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
      (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
      (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
      (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#), ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
      ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
  func appendix(_ target: String, _ patch: String, _ expected: String) throws {
    #expect(try MergePatch.apply(Array(patch.utf8), to: Array(target.utf8)).text == expected)
  }

  @Test("Untouched members keep their place and spelling, keys compare by characters")
  func untouched() throws {
    let target = #"{"b":1.50,"a":{"deep":[1,2,{"x":null}]},"\u00e9":1}"#
    let merged = try MergePatch.apply(Array(#"{"é":2,"c":3}"#.utf8), to: Array(target.utf8))
    #expect(merged.text == #"{"a":{"deep":[1,2,{"x":null}]},"b":1.50,"c":3,"é":2}"#)
  }
}

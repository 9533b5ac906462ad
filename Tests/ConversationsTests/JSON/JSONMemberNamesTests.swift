import Conversations
import Testing

@Suite struct JSONMemberNamesTests {
  @Test(
    "A name may be there once, however it is written",
    arguments: [
      ("{}", true), (#"{"a":1,"A":2,"b":{"a":1,"a":2}}"#, true), (#" {"a":[{}],"":null} "#, true),
      (#"{"a":1,"a":1}"#, false), (#"{"a":1,"b":2,"\u0061":3}"#, false), (#"{"\u0061":1,"a":3}"#, false),
      (#"{"a\/b":1,"a/b":2}"#, false), (#"{"\ud83d\ude00":1,"\#u{1F600}":2}"#, false),
      ("{\"caf\u{E9}\":1,\"cafe\u{301}\":2}", false), (#"{"":1,"":2}"#, false),
      (#"{"\ud800":1,"\ud801":2}"#, false),
    ])
  func names(text: String, areUnique: Bool) {
    #expect(JSONMemberNames.areUnique(in: text.utf8) == areUnique)
  }

  @Test(
    "What is no JSON object has none",
    arguments: ["", "[]", "null", #""a""#, "{", "{} {}", "{'a':1}", #"{"a":1,}"#, "{\"a\":1}\0"])
  func others(text: String) {
    #expect(!JSONMemberNames.areUnique(in: text.utf8))
  }
}

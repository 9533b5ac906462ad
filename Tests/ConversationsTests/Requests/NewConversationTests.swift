import Testing

@testable import Conversations

@Suite("POST /conversations")
struct NewConversationTests {
  private func decode(_ text: String, _ role: PrincipalRole = .user) throws(RequestRejection)
    -> NewConversation
  {
    try NewConversation(decoding: Array(text.utf8).span, role: role)
  }

  @Test("All members are read; null is as good as absent")
  func members() throws {
    #expect(try decode("{}") == NewConversation())
    #expect(
      try decode(#"{"title":null,"metadata":null,"externalId":null,"userId":null}"#) == NewConversation())
    let full = try decode(
      #"{"title":"T","metadata":{"b":1,"a":null},"externalId":" c-1 ","userId":"auth0|1"}"#, .service)
    #expect(full.title == "T")
    #expect(full.metadata?.text == #"{"a":null,"b":1}"#)
    #expect(full.externalID?.text == " c-1 ")
    #expect(full.userID?.text == "auth0|1")
  }

  @Test("U+0000 and lone surrogates in a client's text become U+FFFD")
  func repair() throws {
    let new = try decode(#"{"title":"a\u0000b\ud800","metadata":{"k\u0000":"\udc00"}}"#)
    #expect(new.title == "a\u{FFFD}b\u{FFFD}")
    #expect(new.metadata?.text == "{\"k\u{FFFD}\":\"\u{FFFD}\"}")
  }

  @Test(
    "Bad JSON is malformed, JSON that is no object has the wrong shape",
    arguments: ["[]", "null", "\"{}\"", "1"])
  func shape(_ text: String) {
    #expect(rejection { () throws(RequestRejection) in try decode(text) }?.status == 422)
    for bad in ["", "{", text + "x", "{\"title\":\"\u{1}\"}"] {
      let rejection = rejection { () throws(RequestRejection) in try decode(bad) }
      #expect(rejection?.code == .malformedBody)
      #expect(rejection?.status == 400)
    }
  }

  @Test(
    "Every fault is listed with its pointer",
    arguments: [
      (
        #"{"title":1,"metadata":[],"x/y~z":1}"#,
        ["/metadata: wrong_type", "/title: wrong_type", "/x~1y~0z: unknown_member"]
      ),
      (#"{"title":"a","title":"b"}"#, ["/title: repeated_member"]),
      (#"{"externalId":"\u0000","userId":"a b"}"#, ["/externalId: invalid", "/userId: invalid"]),
      (#"{"externalId":"\ud800","userId":7}"#, ["/externalId: invalid", "/userId: wrong_type"]),
      (#"{"externalId":" "}"#, ["/externalId: invalid"]),
      (#"{"metadata":{"perceptionAnalysis":null}}"#, ["/metadata/perceptionAnalysis: reserved_member"]),
      (#"{"metadata":{"perception\u0041nalysis":1}}"#, ["/metadata/perceptionAnalysis: reserved_member"]),
      (#"{"metadata":{"n":1e999}}"#, ["/metadata: number_out_of_range"]),
      (#"{"status":"active"}"#, ["/status: unknown_member"]),
    ])
  func faultList(_ text: String, _ expected: [String]) {
    let rejection = rejection { () throws(RequestRejection) in try decode(text, .admin) }
    #expect(rejection?.code == .invalidBody)
    #expect(faults(rejection) == expected)
  }

  @Test("A user may not register a call or act for others: 403 before any other fault, but after bad JSON")
  func forbidden() {
    let rejection1 = rejection { () throws(RequestRejection) in
      try decode(#"{"externalId":"c","userId":"u","title":1}"#)
    }
    #expect(rejection1?.code == .forbiddenField)
    #expect(rejection1?.status == 403)
    #expect(faults(rejection1) == ["/externalId: forbidden_field", "/userId: forbidden_field"])
    let rejection2 = rejection { () throws(RequestRejection) in try decode(#"{"externalId":"c""#) }
    #expect(rejection2?.code == .malformedBody)
  }

  @Test("A body of faults is answered with the first fifty")
  func manyFaults() {
    let members = (0..<100_000).map { "\"m\($0)\":0" }.joined(separator: ",")
    let rejection = rejection { () throws(RequestRejection) in try decode("{" + members + "}") }
    #expect(rejection?.errors.count == 50)
  }

  @Test("A megabyte of metadata in reverse key order is refused in no time")
  func hostileMetadata() {
    let members = (0..<80_000).reversed().map { "\"\(100_000 + $0)\":0" }.joined(separator: ",")
    let start = ContinuousClock.now
    let rejection = rejection { () throws(RequestRejection) in try decode("{\"metadata\":{" + members + "}}")
    }
    #expect(faults(rejection) == ["/metadata: too_large"])
    #expect(ContinuousClock.now - start < .seconds(10), "quadratic work would take minutes")
  }

  @Test("A title has at most 1,000 scalars, whatever they weigh")
  func titleLength() throws {
    let longest = String(repeating: "😀", count: 1000)
    #expect(try decode(#"{"title":"\#(longest)"}"#).title == longest)
    let rejection = rejection { () throws(RequestRejection) in try decode(#"{"title":"\#(longest)x"}"#) }
    #expect(faults(rejection) == ["/title: too_long"])
  }

  @Test("Metadata has at most 64 KiB and 32 levels")
  func metadataLimits() throws {
    func body(bytes: Int) -> String {
      #"{"metadata": {"a" : "\#(String(repeating: "x", count: bytes - 8))"}}"#
    }
    #expect(try decode(body(bytes: 65_536)).metadata?.count == 65_536)
    #expect(
      faults(rejection { () throws(RequestRejection) in try decode(body(bytes: 65_537)) }) == [
        "/metadata: too_large"
      ])
    func nested(_ levels: Int) -> String {
      #"{"metadata":"# + String(repeating: #"{"a":"#, count: levels) + "1"
        + String(repeating: "}", count: levels + 1)
    }
    #expect(try decode(nested(32)).metadata != nil)
    #expect(
      faults(rejection { () throws(RequestRejection) in try decode(nested(33)) }) == ["/metadata: too_deep"])
    #expect(
      faults(rejection { () throws(RequestRejection) in try decode(nested(511)) }) == ["/metadata: too_deep"])
    #expect(rejection { () throws(RequestRejection) in try decode(nested(512)) }?.status == 400)
  }
}

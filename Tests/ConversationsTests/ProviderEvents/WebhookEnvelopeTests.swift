import Testing

@testable import Conversations

@Suite("Webhook envelope")
struct WebhookEnvelopeTests {
  private func envelope(_ text: String) throws(RequestRejection) -> WebhookEnvelope {
    try WebhookEnvelope(body: Array(text.utf8))
  }

  @Test(
    "The callback URL is taken out wherever it stands, all else stays to the byte",
    arguments: [
      (
        #"{"webhook_url":"s","conversation_id":"c","event_type":"e"}"#,
        #"{"conversation_id":"c","event_type":"e"}"#
      ),
      (
        #"{"conversation_id":"c" ,"webhook_url":{"a":[1]}, "event_type" : "e"}"#,
        #"{"conversation_id":"c","event_type" : "e"}"#
      ),
      (
        #"{"conversation_id":"c", "event_type":"e","webhook_url":"s" }"#,
        #"{"conversation_id":"c", "event_type":"e"}"#
      ),
      (
        #"{"webhook_url":1,"conversation_id":"c","webhook_url":2,"event_type":"e","webhook_url":3}"#,
        #"{"conversation_id":"c","event_type":"e"}"#
      ),
      (
        #"{"\u0077ebhook_url":"s","conversation_id":"c","event_type":"e"}"#,
        #"{"conversation_id":"c","event_type":"e"}"#
      ),
      (
        #" {"conversation_id":"c","event_type":"e","x":{"webhook_url":1}} "#,
        #" {"conversation_id":"c","event_type":"e","x":{"webhook_url":1}} "#
      ),
      (
        "\u{FEFF}" + #"{"conversation_id":"c","event_type":"e"}"#,
        #"{"conversation_id":"c","event_type":"e"}"#
      ),
    ])
  func payload(_ body: String, _ payload: String) throws {
    #expect(try envelope(body).payload.text == payload)
  }

  @Test("Ids are kept byte for byte; the event id is the hash of the raw body unless the sender signed one")
  func ids() throws {
    let body = "\u{FEFF}" + #"{"conversation_id":" C-\u00e9 ","event_type":"x.y","webhook_url":"s"}"#
    let unsigned = try envelope(body)
    #expect(unsigned.conversationID.text == " C-é ")
    #expect(unsigned.eventType.text == "x.y")
    #expect(unsigned.eventID == EventID(sha256Of: Array(body.utf8).span))
    let signed = try #require(EventID("msg_1"))
    #expect(try WebhookEnvelope(body: Array(body.utf8), signedID: signed).eventID == signed)
  }

  @Test(
    "What is no JSON, or has an envelope key twice, is malformed",
    arguments: [
      "", "{", #"{"conversation_id":"c","event_type":"e"}x"#,
      #"{"conversation_id":"c","conversation_id":"d","event_type":"e"}"#,
      #"{"conversation_id":"c","event_type":"e","event_type":"e"}"#,
      #"{"conversation_id":"c","event_type":"e","properties":1,"properties":{}}"#,
      #"{"conversation_id":"c","event_type":"e","properties":{"transcript":[],"transcript":[]}}"#,
      #"{"conversation_id":"c","conversation\u005fid":"d","event_type":"e"}"#,
      #"{"event_type":1,"conversation_id":NaN}"#,
    ])
  func malformed(_ body: String) {
    #expect(rejection { () throws(RequestRejection) in try envelope(body) }?.status == 400)
  }

  @Test(
    "JSON of the wrong shape is told member by member",
    arguments: [
      ("null", []), ("[]", []), ("{}", ["/conversation_id: required", "/event_type: required"]),
      (#"{"conversation_id":"","event_type":null}"#, ["/conversation_id: invalid", "/event_type: invalid"]),
      (
        #"{"conversation_id":" ","event_type":["e"]}"#, ["/conversation_id: invalid", "/event_type: invalid"]
      ),
      (
        #"{"conversation_id":"a\u0000b","event_type":"a\u001f"}"#,
        ["/conversation_id: invalid", "/event_type: invalid"]
      ),
      (
        #"{"conversation_id":"\ud800","event_type":7}"#,
        ["/conversation_id: invalid", "/event_type: invalid"]
      ),
      (#"{"conversation_id":"c","event_type":"application.transcription_ready"}"#, ["/properties: required"]),
      (
        #"{"conversation_id":"c","event_type":"application.transcription_ready","properties":[]}"#,
        ["/properties: invalid"]
      ),
      (
        #"{"properties":{"transcript":null},"conversation_id":"c","event_type":"application.transcription_ready"}"#,
        ["/properties/transcript: invalid"]
      ),
      (
        #"{"properties":{},"conversation_id":"c","event_type":"application.transcription_ready"}"#,
        ["/properties/transcript: required"]
      ),
    ] as [(String, [String])])
  func wrongShape(_ body: String, _ expected: [String]) {
    let rejection = rejection { () throws(RequestRejection) in try envelope(body) }
    #expect(rejection?.status == 422)
    #expect(faults(rejection) == expected)
  }

  @Test(
    "Other events may have any properties, and any timestamp",
    arguments: ["1", "[]", "null", "\"x\"", "{\"transcript\":1}"])
  func lenient(_ value: String) throws {
    let body =
      #"{"conversation_id":"c","event_type":"application.invented","properties":\#(value),"timestamp":\#(value)}"#
    #expect(try envelope(body).payload.text == body)
  }
}

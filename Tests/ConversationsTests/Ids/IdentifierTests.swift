import Testing

@testable import Conversations

@Suite("Ids")
struct IdentifierTests {
  @Test("A UUID reads either case and writes lower case")
  func uuid() throws {
    let text = "db1b34fb-76a3-5247-aee0-31c39a53f132"
    let id = try #require(ConversationID(text.uppercased()))
    #expect(id.description == text)
    #expect(id.uuid.high == 0xdb1b_34fb_76a3_5247)
    #expect(id.uuid.low == 0xaee0_31c3_9a53_f132)
    #expect(MessageID(text)?.uuid == id.uuid)
  }

  @Test(
    "Anything but the standard form of a UUID is refused",
    arguments: [
      "", "db1b34fb76a35247aee031c39a53f132", "{db1b34fb-76a3-5247-aee0-31c39a53f132}",
      "db1b34fb-76a3-5247-aee0-31c39a53f13", "db1b34fb-76a3-5247-aee0-31c39a53f1322",
      "db1b34fb-76a3-5247-aee0-31c39a53f13g", "db1b34fb+76a3-5247-aee0-31c39a53f132",
      "db1b34fb7-6a3-5247-aee0-31c39a53f132", " b1b34fb-76a3-5247-aee0-31c39a53f132",
    ])
  func notUUID(_ text: String) {
    #expect(ConversationID(text) == nil)
  }

  @Test("Random ids are version 4, variant 1, and differ")
  func random() {
    let ids = (0..<200).map { _ in UUIDValue.random() }
    #expect(Set(ids).count == 200)
    #expect(ids.allSatisfy { $0.high >> 12 & 0xF == 4 && $0.low >> 62 == 0b10 })
    #expect(ids.allSatisfy { UUIDValue($0.description) == $0 })
    #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
  }

  @Test("User ids keep to the contract's alphabet and length")
  func userID() {
    #expect(UserID("auth0|5f7c8ec7c33c6c004bbafe82")?.text == "auth0|5f7c8ec7c33c6c004bbafe82")
    #expect(UserID("a.b_c:d|e@f+g=h-9Z") != nil)
    #expect(UserID(String(repeating: "u", count: 128)) != nil)
    for bad in ["", "a b", "é", "a/b", "a\u{0}", String(repeating: "u", count: 129)] {
      #expect(UserID(bad) == nil)
    }
  }

  @Test("External ids differ when their bytes differ, spaces and normal forms included")
  func bytewise() throws {
    let texts = ["caf\u{e9}", "cafe\u{301}", "C-1", "c-1", "c-1 ", " c-1"]
    let ids = try texts.map { try #require(ExternalConversationID($0)) }
    #expect(Set(ids).count == texts.count)
    #expect(ids.map { Array($0.text.utf8) } == texts.map { Array($0.utf8) })
    #expect(ids[0] == ExternalConversationID("caf\u{e9}"))
  }

  @Test("External ids: 1 to 128 scalars, not blank, no control characters")
  func externalRule() {
    #expect(ExternalConversationID(String(repeating: "😀", count: 128)) != nil)
    #expect(ExternalConversationID("\u{80}") != nil)
    let bad = [
      "", " ", "\u{3000}\u{a0} ", "a\nb", "a\u{0}", "a\u{7f}", "a\u{1f}", String(repeating: "😀", count: 129),
      String(repeating: "c", count: 10_000),
    ]
    for text in bad { #expect(ExternalConversationID(text) == nil, "\(text.utf8.count) bytes") }
  }

  @Test("Event ids keep to their alphabet; a body's id is its SHA-256 in lower-case hexadecimal")
  func eventID() {
    #expect(EventID("msg_2Lk.A-9")?.text == "msg_2Lk.A-9")
    for bad in ["", "a b", "a:b", "é", String(repeating: "a", count: 129)] { #expect(EventID(bad) == nil) }
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(EventID(sha256Of: Array("abc".utf8).span).text == abc)
  }
}

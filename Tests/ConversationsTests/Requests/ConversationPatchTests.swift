import Testing

@testable import Conversations

@Suite("PATCH /conversations/{id}")
struct ConversationPatchTests {
  private let stored = Conversation(
    id: .random(), title: "old", status: .active, metadata: Array(#"{"a": 1, "b": {"c": 2.50}}"#.utf8),
    createdAt: Timestamp(millisecondsSinceEpoch: 1), updatedAt: Timestamp(millisecondsSinceEpoch: 2))

  private func decode(_ text: String, _ role: PrincipalRole = .user) throws(RequestRejection)
    -> ConversationPatch
  {
    try ConversationPatch(decoding: Array(text.utf8).span, role: role)
  }

  private func apply(_ text: String, to conversation: Conversation? = nil) throws(RequestRejection)
    -> Conversation
  {
    try decode(text).applied(to: conversation ?? stored)
  }

  @Test("What is not named stays; null clears; metadata is merged")
  func merge() throws {
    #expect(try apply("{}") == stored)
    #expect(try apply(#"{"title":null}"#).title == nil)
    #expect(try apply(#"{"title":"new"}"#).title == "new")
    #expect(try apply(#"{"status":"ended"}"#).status == .ended)
    #expect(
      try apply(#"{"metadata":{"a":null,"b":{"d":[null]}}}"#).metadata.text == #"{"b":{"c":2.50,"d":[null]}}"#
    )
    #expect(try apply(#"{"metadata":null}"#).metadata.text == "{}")
  }

  @Test(
    "A patch that changes nothing leaves the very same row",
    arguments: [
      #"{"title":"old","status":"active"}"#, #"{"metadata":{}}"#, #"{"metadata":{"b":{"c":2.5},"a":1.0}}"#,
      #"{"metadata":{"zzz":null}}"#,
    ])
  func unchanged(_ text: String) throws {
    #expect(try decode(text, .service).applied(to: stored) == stored)
  }

  @Test("The provider's analysis survives any patch, and does not count against the client's 64 KiB")
  func providersPart() throws {
    var conversation = stored
    let analysis = String(repeating: "x", count: 100_000)
    conversation.metadata = Array(#"{"perceptionAnalysis": "\#(analysis)", "a": 1}"#.utf8)
    #expect(
      try apply(#"{"metadata":null}"#, to: conversation).metadata.text
        == #"{"perceptionAnalysis":"\#(analysis)"}"#)
    #expect(
      try apply(#"{"metadata":{"b":2}}"#, to: conversation).metadata.text
        == #"{"a":1,"b":2,"perceptionAnalysis":"\#(analysis)"}"#)
  }

  @Test("Metadata that grows over the limit by merging is refused")
  func mergedLimit() throws {
    var conversation = stored
    conversation.metadata = Array(#"{"a": "\#(String(repeating: "x", count: 40_000))"}"#.utf8)
    let patch = #"{"metadata":{"b":"\#(String(repeating: "y", count: 40_000))"}}"#
    #expect(
      faults(rejection { () throws(RequestRejection) in try apply(patch, to: conversation) }) == [
        "/metadata: too_large"
      ])
    #expect(try apply(patch.replacing(#"{"b""#, with: #"{"a""#), to: conversation).metadata.count == 40_008)
  }

  @Test(
    "Every fault is listed with its pointer",
    arguments: [
      (#"{"userId":"x","foo":1}"#, ["/foo: unknown_member", "/userId: unknown_member"]),
      (#"{"status":"active"}"#, ["/status: not_allowed"]), (#"{"status":"done"}"#, ["/status: invalid"]),
      (#"{"status":null}"#, ["/status: not_nullable"]),
      (#"{"status":1,"title":[]}"#, ["/status: wrong_type", "/title: wrong_type"]),
      (#"{"metadata":{"perceptionAnalysis":null}}"#, ["/metadata/perceptionAnalysis: reserved_member"]),
      (#"{"metadata":"x"}"#, ["/metadata: wrong_type"]),
    ])
  func faultList(_ text: String, _ expected: [String]) {
    #expect(faults(rejection { () throws(RequestRejection) in try decode(text) }) == expected)
  }

  @Test("Service and admin may set any status", arguments: ConversationStatus.allCases)
  func statusByRole(_ status: ConversationStatus) throws {
    for role in [PrincipalRole.service, .admin] {
      #expect(try decode(#"{"status":"\#(status.rawValue)"}"#, role).status == status)
    }
  }
}

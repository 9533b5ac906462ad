import Testing

@testable import Conversations

@Suite("Models")
struct ModelTests {
  @Test("A conversation has the contract's members in the contract's order")
  func conversation() throws {
    let id = try #require(ConversationID("db1b34fb-76a3-5247-aee0-31c39a53f132"))
    var conversation = Conversation(
      id: id, createdAt: Timestamp(millisecondsSinceEpoch: 1000),
      updatedAt: Timestamp(millisecondsSinceEpoch: 2500))
    #expect(
      conversation.jsonBytes().text
        == #"{"id":"db1b34fb-76a3-5247-aee0-31c39a53f132","userId":null,"externalId":null,"title":null,"#
        + #""status":"pending","transcriptReceived":false,"metadata":{},"shutdownReason":null,"recordingUrl":null,"#
        + #""startedAt":null,"endedAt":null,"createdAt":"1970-01-01T00:00:01.000Z","updatedAt":"1970-01-01T00:00:02.500Z"}"#
    )
    conversation.userID = UserID("u1")
    conversation.title = "\"quoted\"\n"
    conversation.metadata = Array(#"{"a": [1]}"#.utf8)
    conversation.endedAt = Timestamp(millisecondsSinceEpoch: 3000)
    let text = conversation.jsonBytes().text
    #expect(text.contains(#""userId":"u1","externalId":null,"title":"\"quoted\"\n","#))
    #expect(text.contains(#""metadata":{"a": [1]},"shutdownReason""#))
    #expect(text.contains(#""endedAt":"1970-01-01T00:00:03.000Z","#))
  }

  @Test("A message has the contract's members in the contract's order")
  func message() throws {
    let id = try #require(MessageID("00000000-0000-4000-8000-000000000001"))
    let conversation = try #require(ConversationID("00000000-0000-4000-8000-000000000002"))
    let message = Message(
      id: id, conversationID: conversation, role: "user", content: "Hi 中", position: 7, spokenAt: nil,
      createdAt: Timestamp(millisecondsSinceEpoch: 0))
    #expect(
      message.jsonBytes().text
        == #"{"id":"00000000-0000-4000-8000-000000000001","conversationId":"00000000-0000-4000-8000-000000000002","#
        + #""role":"user","content":"Hi 中","position":7,"spokenAt":null,"createdAt":"1970-01-01T00:00:00.000Z"}"#
    )
  }

  @Test("A status is raised, never lowered, and ended does not displace failed")
  func status() {
    for from in ConversationStatus.allCases {
      for to in ConversationStatus.allCases {
        #expect(from.raised(to: to) == (to.rank > from.rank ? to : from))
      }
    }
    #expect(ConversationStatus.allCases.map(\.rank) == [0, 1, 2, 2])
  }

  @Test("Users may set ended and failed, service and admin anything")
  func roles() {
    #expect(ConversationStatus.allCases.map { PrincipalRole.user.maySet($0) } == [false, false, true, true])
    #expect(
      ConversationStatus.allCases.allSatisfy {
        PrincipalRole.service.maySet($0) && PrincipalRole.admin.maySet($0)
      })
    #expect([nil, "user", "Admin", "service ", "root"].allSatisfy { PrincipalRole(claim: $0) == .user })
    #expect(PrincipalRole(claim: "service") == .service)
    #expect(PrincipalRole(claim: "admin") == .admin)
  }
}

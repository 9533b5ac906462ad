import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Claiming a conversation whose events came first")
  struct ClaimTests {
    @Test(
      "The claim answers 201 with the stored row; conversation and messages are the owner's, and in his history"
    )
    func claim() async throws {
      let api = try await SharedSystem.api()
      let (owner, externalID) = (Name.user(), Name.externalID())
      let client = api.client(owner)
      let empty = try await client.get("/users/\(owner.escaped)/messages")
      #expect(try empty.decoded(Page<MessageBody>.self).total == 0)
      let event = try ProviderEvent.transcript(externalID, ["First", "come"], at: 30)
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      let stored = try await api.system.rows(
        "SELECT id FROM conversations WHERE external_id = '\(externalID)'")
      let path = "/conversations/\(stored[0][0])"
      // Unowned: the owner to be cannot see it, and that is not remembered against him.
      expectProblem(try await client.get(path), 404)
      #expect(try await eventually { try await api.service.get(path).isHit })
      #expect(try await client.get("/conversations").decoded(Page<ConversationBody>.self).total == 0)

      let answer = try await api.service.post(
        "/conversations",
        ["externalId": externalID, "userId": owner, "title": "Mine", "metadata": ["k": "v"]])
      #expect(answer.status == 201)
      #expect(answer.field("Location") == path)
      let claimed: ConversationBody = try answer.decoded()
      #expect((claimed.id, claimed.userId, claimed.title) == (stored[0][0], owner, "Mine"))
      #expect((claimed.status, claimed.transcriptReceived) == ("ended", true))
      #expect((try answer.object()["metadata"] as? [String: String]) == ["k": "v"])
      #expect(try await client.get(path).body == answer.body)
      let messages: Page<MessageBody> = try await client.get("\(path)/messages").decoded()
      #expect(messages.items.map(\.content) == ["First", "come"])
      #expect(try await client.get("/conversations").decoded(Page<ConversationBody>.self).items == [claimed])
      let history: Page<MessageBody> = try await client.get("/users/\(owner.escaped)/messages").decoded()
      #expect(Set(history.items.map(\.id)) == Set(messages.items.map(\.id)))
      #expect(
        try await api.system.count("SELECT count(*) FROM messages WHERE user_id = '\(owner)'") == 2)
    }

    @Test("A title and metadata that are set already stay")
    func keepsWhatIsSet() async throws {
      let api = try await SharedSystem.api()
      let externalID = Name.externalID()
      let unowned: ConversationBody = try await api.service.post(
        "/conversations", ["externalId": externalID, "title": "First"]
      ).decoded()
      let claimed: ConversationBody = try await api.service.post(
        "/conversations", ["externalId": externalID, "userId": Name.user(), "title": "Second"]
      ).decoded()
      #expect((claimed.id, claimed.title) == (unowned.id, "First"))
    }

    @Test("Of claims at the same time one is a 201, the others are 409s, and one owner has it all")
    func concurrentClaims() async throws {
      let api = try await SharedSystem.api()
      let second = try await api.system.startAPI()
      for _ in 0..<10 {
        let externalID = Name.externalID()
        let event = try ProviderEvent.transcript(externalID, ["Whose", "is", "it?"])
        try await api.accept([event])
        try await api.system.waitUntilSettled(event)
        let owners = [Name.user(), Name.user()]
        async let here = api.service.post("/conversations", ["externalId": externalID, "userId": owners[0]])
        async let there = second.service.post(
          "/conversations", ["externalId": externalID, "userId": owners[1]])
        let answers = try await [here, there]
        #expect(answers.map(\.status).sorted() == [201, 409])
        let winner = answers[0].status == 201 ? owners[0] : owners[1]
        let rows = try await api.system.rows(
          """
          SELECT DISTINCT conversations.user_id, messages.user_id
          FROM conversations JOIN messages ON conversation_id = conversations.id WHERE external_id = '\(externalID)'
          """)
        #expect(rows == [[winner, winner]])
      }
      second.program.process.terminate()
      #expect(try await second.program.process.wait() == .code(0))
    }

    @Test("A claim and the transcript at the same time: whichever is first, the messages are the owner's")
    func claimDuringDelivery() async throws {
      let api = try await SharedSystem.api()
      for _ in 0..<10 {
        let (owner, externalID) = (Name.user(), Name.externalID())
        let event = try ProviderEvent.transcript(externalID, ["Now", "or never"])
        async let accepted: Void = api.accept([event])
        async let registered = api.register(externalID, owner: owner)
        _ = try await (accepted, registered)
        try await api.system.waitUntilSettled(event)
        let page: Page<MessageBody> = try await api.client(owner).get("/users/\(owner.escaped)/messages")
          .decoded()
        #expect(page.total == 2)
      }
    }
  }
}

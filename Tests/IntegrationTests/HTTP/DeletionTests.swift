import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("DELETE /conversations/{id}")
  struct DeletionTests {
    @Test("A deleted conversation is gone with its messages, from everywhere at once")
    func deleted() async throws {
      let api = try await SharedSystem.api()
      let (owner, externalID) = (Name.user(), Name.externalID())
      let client = api.client(owner)
      let path = "/conversations/\(try await api.register(externalID, owner: owner).id)"
      try await deliver(try ProviderEvent.transcript(externalID, ["Forget", "me"]), api)
      let reads = [path, "\(path)/messages", "/conversations", "/users/\(owner.escaped)/messages"]
      for read in reads { #expect(try await client.get(read).status == 200) }
      let answer = try await client.send("DELETE", path)
      #expect(answer.status == 204)
      #expect(answer.body.isEmpty)
      for read in reads[..<2] { expectProblem(try await client.get(read), 404) }
      for read in reads[2...] {
        #expect(try await client.get(read).text.hasPrefix(#"{"items":[],"total":0,"#), "\(read)")
      }
      expectProblem(try await client.send("DELETE", path), 404)
      expectProblem(try await client.patch(path, ["title": "x"]), 404)
      #expect(try await rows(of: externalID, api) == 0)
    }

    @Test(
      "Later events of a deleted conversation are recorded as deleted, without content, and create nothing")
    func tombstone() async throws {
      let api = try await SharedSystem.api()
      let (owner, externalID) = (Name.user(), Name.externalID())
      let path = "/conversations/\(try await api.register(externalID, owner: owner).id)"
      try await deliver(try ProviderEvent.transcript(externalID, ["one"], at: 1), api)
      #expect(try await api.client(owner).send("DELETE", path).status == 204)
      let later = try [
        ProviderEvent.transcript(externalID, ["one", "two"], at: 2),
        ProviderEvent.make("system.shutdown", externalID),
      ]
      for event in later {
        try await deliver(event, api)
        let id = LocalSystem.eventID(of: event)
        #expect(
          try await api.system.rows("SELECT outcome FROM webhook_events WHERE external_event_id = '\(id)'")
            == [["deleted"]])
      }
      #expect(try await rows(of: externalID, api) == 0)
      expectProblem(try await api.service.get(path), 404)

      let again = try await api.register(externalID, owner: owner)
      #expect("/conversations/\(again.id)" != path)
      #expect(!again.transcriptReceived)
      let event = try ProviderEvent.transcript(externalID, ["three"], at: 3)
      try await deliver(event, api)
      let page: Page<MessageBody> = try await api.client(owner).get("/conversations/\(again.id)/messages")
        .decoded()
      #expect(page.items.map(\.content) == ["three"])
    }

    @Test("A conversation without an external id is deleted too, also by a service")
    func withoutExternalID() async throws {
      let api = try await SharedSystem.api()
      let created = try await api.client(Name.user()).post("/conversations", [:])
      let path = try #require(created.field("Location"))
      #expect(try await api.service.send("DELETE", path).status == 204)
      expectProblem(try await api.service.get(path), 404)
    }

    private func deliver(_ event: Data, _ api: API) async throws {
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
    }

    private func rows(of externalID: String, _ api: API) async throws -> Int {
      try await api.system.count("SELECT count(*) FROM conversations WHERE external_id = '\(externalID)'")
        + api.system.count(
          "SELECT count(*) FROM messages WHERE NOT EXISTS "
            + "(SELECT FROM conversations WHERE conversations.id = conversation_id)")
    }
  }
}

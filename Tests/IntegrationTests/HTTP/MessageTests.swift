import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Messages and histories")
  struct MessageTests {
    @Test("Messages come in the order of their positions, page by page, in exactly the contract's form")
    func pages() async throws {
      let api = try await SharedSystem.api()
      let (user, externalID) = (Name.user(), Name.externalID())
      let conversation = try await api.register(externalID, owner: user)
      let event = try ProviderEvent.make(
        "application.transcription_ready", externalID,
        [
          "transcript": [
            ["role": "system", "content": "Be brief."], "skipped",
            ["role": "user", "content": "Zwei\n\"Fahrkarten\" 🛳", "timestamp": 1_750_000_100.25],
            ["role": "assistant", "content": NSNull(), "timestamp": "2025-06-15T15:10:00+02:00"],
          ]
        ], at: 500)
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      let client = api.client(user)
      let path = "/conversations/\(conversation.id)/messages"
      let answer = try await client.get(path)
      let page: Page<MessageBody> = try answer.decoded()
      let ids = page.items.map(\.id)
      #expect(Set(ids).count == 3)
      let eventTime = ProviderEvent.time(500)
      let items = [
        #"{"id":"\#(ids[0])","conversationId":"\#(conversation.id)","role":"system","content":"Be brief.","#
          + #""position":0,"spokenAt":null,"createdAt":"\#(eventTime)"}"#,
        #"{"id":"\#(ids[1])","conversationId":"\#(conversation.id)","role":"user","content":"Zwei\n\"Fahrkarten\" 🛳","#
          + #""position":2,"spokenAt":"2025-06-15T15:08:20.250Z","createdAt":"2025-06-15T15:08:20.250Z"}"#,
        #"{"id":"\#(ids[2])","conversationId":"\#(conversation.id)","role":"assistant","content":"","#
          + #""position":3,"spokenAt":"2025-06-15T13:10:00.000Z","createdAt":"2025-06-15T13:10:00.000Z"}"#,
      ]
      func envelope(_ items: ArraySlice<String>, _ rest: String) -> String {
        #"{"items":[\#(items.joined(separator: ","))],"total":3,\#(rest)}"#
      }
      #expect(answer.text == envelope(items[...], #""page":1,"limit":50,"totalPages":1,"hasMore":false"#))
      #expect(
        try await client.get("\(path)?page=2&limit=2").text
          == envelope(items[2...], #""page":2,"limit":2,"totalPages":2,"hasMore":false"#))
      #expect(
        try await client.get("\(path)?page=7&limit=2").text
          == envelope([], #""page":7,"limit":2,"totalPages":2,"hasMore":false"#))
    }

    @Test(
      "Page and limit out of range are a 400",
      arguments: [
        "page=0", "limit=0", "limit=101", "page=201&limit=50", "limit=ten",
      ])
    func invalidPages(_ query: String) async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let created = try await api.client(user).post("/conversations", [:])
      let path = try #require(created.field("Location"))
      expectProblem(try await api.client(user).get("\(path)/messages?\(query)"), 400)
      expectProblem(try await api.client(user).get("/users/\(user.escaped)/messages?\(query)"), 400)
    }

    @Test("A history holds all messages of the conversations a user owns now, the latest first")
    func history() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      var ids: [String] = []
      for (number, start) in [1_750_000_000, 1_750_000_002].enumerated() {
        let externalID = Name.externalID()
        ids.append(try await api.register(externalID, owner: user).id)
        let event = try ProviderEvent.make(
          "application.transcription_ready", externalID,
          [
            "transcript": [
              ["role": "user", "content": "\(number).0", "timestamp": start],
              ["role": "assistant", "content": "\(number).1", "timestamp": start + 3],
              ["role": "user", "content": "\(number).2", "timestamp": start + 3],
            ]
          ])
        try await api.accept([event])
        try await api.system.waitUntilSettled(event)
      }
      let path = "/users/\(user.escaped)/messages"
      let page: Page<MessageBody> = try await api.client(user).get(path).decoded()
      #expect(page.items.map(\.content) == ["1.2", "1.1", "0.2", "0.1", "1.0", "0.0"])
      #expect(page.items.map(\.conversationId) == [1, 1, 0, 0, 1, 0].map { ids[$0] })
      let second: Page<MessageBody> = try await api.client(user).get("\(path)?limit=4&page=2").decoded()
      #expect(second.items.map(\.content) == ["1.0", "0.0"])
      #expect((second.total, second.totalPages, second.hasMore) == (6, 2, false))
      #expect(try await api.service.get(path).decoded(Page<MessageBody>.self).total == 6)
    }

    @Test("Another user's history is a 404 for users; for a service an unknown user's is an empty page")
    func foreignHistory() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      expectProblem(try await api.client(user).get("/users/\(Name.user().escaped)/messages"), 404)
      expectProblem(try await api.client(user).get("/users/nobody-ever/messages"), 404)
      let empty = #"{"items":[],"total":0,"page":1,"limit":50,"totalPages":0,"hasMore":false}"#
      #expect(try await api.client(user).get("/users/\(user.escaped)/messages").text == empty)
      #expect(try await api.service.get("/users/nobody-ever/messages").text == empty)
    }

    @Test("A conversation without a transcript has an empty page of messages, cached and forgotten in time")
    func emptyPage() async throws {
      let api = try await SharedSystem.api()
      let (user, externalID) = (Name.user(), Name.externalID())
      let path = "/conversations/\(try await api.register(externalID, owner: user).id)/messages"
      let client = api.client(user)
      #expect(try await client.get(path).decoded(Page<MessageBody>.self).total == 0)
      #expect(try await eventually { try await client.get(path).isHit })
      let event = try ProviderEvent.transcript(externalID, ["Now there is one."])
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      #expect(try await client.get(path).decoded(Page<MessageBody>.self).total == 1)
    }
  }
}

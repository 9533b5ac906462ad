import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Reading lists by cursor")
  struct CursorTests {
    @Test("A list read by cursor is whole and in order; its pages have no number, and are not cached")
    func walk() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      var titles: [String] = []
      for number in 0..<5 {
        _ = try await client.post("/conversations", ["title": "\(number)"])
        titles.insert("\(number)", at: 0)
      }
      var seen: [String] = []
      var cursor: String? = ""
      while let next = cursor {
        let answer = try await client.get("/conversations?limit=2&cursor=\(next)")
        let page: CursorPage<ConversationBody> = try answer.decoded()
        let rest = try #require(answer.text.range(of: #"],"total":"#))
        #expect(
          answer.text[rest.lowerBound...]
            == #"],"total":5,"page":null,"limit":2,"totalPages":null,"hasMore":\#(page.nextCursor != nil),"#
            + #""nextCursor":\#(page.nextCursor.map { "\"\($0)\"" } ?? "null")}"#)
        #expect(answer.field("Cache-Status") == "redis; fwd=bypass; detail=uncached")
        #expect(answer.field("Cache-Control") == "private, no-cache")
        #expect(answer.field("Vary")?.contains("Authorization") == true)
        let tag = try #require(answer.field("ETag"))
        let again = try await client.get("/conversations?limit=2&cursor=\(next)", ["If-None-Match": tag])
        #expect((again.status, again.body.count) == (304, 0))
        seen += page.items.compactMap(\.title)
        cursor = page.nextCursor
      }
      #expect(seen == titles)
    }

    @Test("Messages and histories are read by cursor as well, to their ends")
    func messages() async throws {
      let api = try await SharedSystem.api()
      let (user, externalID) = (Name.user(), Name.externalID())
      let id = try await api.register(externalID, owner: user).id
      let event = try ProviderEvent.transcript(externalID, ["a", "b", "c", "d", "e"])
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      for (path, expected) in [
        ("/conversations/\(id)/messages", "abcde"), ("/users/\(user.escaped)/messages", "edcba"),
      ] {
        var seen = ""
        var next: String? = "\(path)?limit=2&total=false&cursor"
        while let target = next {
          let answer = try await api.client(user).get(target)
          let page: CursorPage<MessageBody> = try answer.decoded()
          #expect(page.total == nil)
          seen += page.items.map(\.content).joined()
          next = answer.links["next"]
        }
        #expect(seen == expected)
      }
    }

    @Test("Another instance, and a service, go on where the first one stopped")
    func instances() async throws {
      let api = try await SharedSystem.api()
      let other = try await api.system.startAPI()
      let user = Name.user()
      for _ in 0..<3 { _ = try await api.client(user).post("/conversations", [:]) }
      let first: CursorPage<ConversationBody> = try await api.client(user).get(
        "/conversations?limit=1&cursor="
      )
      .decoded()
      let cursor = try #require(first.nextCursor)
      let mine = try await other.client(user).get("/conversations?limit=2&cursor=\(cursor)")
      let backends = try await other.service.get(
        "/conversations?userId=\(user.escaped)&limit=2&cursor=\(cursor)")
      #expect(mine.body == backends.body)
      #expect(try mine.decoded(CursorPage<ConversationBody>.self).items.count == 2)
      expectProblem(try await other.service.get("/conversations?limit=2&cursor=\(cursor)"), 400)
    }

    @Test("A cursor with another filter, of another list, of somebody else, or none at all is a 400")
    func foreign() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let client = api.client(user)
      for _ in 0..<2 { _ = try await client.post("/conversations", [:]) }
      let first: CursorPage<ConversationBody> = try await client.get("/conversations?limit=1&cursor=")
        .decoded()
      let cursor = try #require(first.nextCursor)
      for query in [
        "status=pending&cursor=\(cursor)", "transcriptReceived=false&cursor=\(cursor)", "cursor=\(cursor)0",
        "cursor=\(cursor.dropLast())", "cursor=0", "cursor=%00", "cursor=%ff",
        "cursor=\(cursor)&cursor=\(cursor)",
        "cursor=\(String(repeating: "a", count: 4000))",
      ] {
        let answer = try await client.get("/conversations?\(query)")
        expectProblem(answer, 400, code: "invalid_parameters", comment: "\(query)")
        #expect(!answer.text.contains(cursor))
      }
      expectProblem(try await api.client(Name.user()).get("/conversations?cursor=\(cursor)"), 400)
      expectProblem(try await client.get("/users/\(user.escaped)/messages?cursor=\(cursor)"), 400)
      let conflict = try await client.get("/conversations?page=1&cursor=")
      expectProblem(conflict, 400)
      #expect(try faults(conflict) == ["page": "conflicting_parameter"])
      #expect(try faults(try await client.get("/conversations?cursor=0&x=1")) == ["x": "unknown_parameter"])
      #expect(try faults(try await client.get("/conversations?cursor=0")) == ["cursor": "invalid"])
    }

    @Test("Somebody else's conversation is the same 404 by cursor as by page")
    func somebodyElses() async throws {
      let api = try await SharedSystem.api()
      let created: ConversationBody = try await api.client(Name.user()).post("/conversations", [:]).decoded()
      let client = api.client(Name.user())
      expectProblem(try await client.get("/conversations/\(created.id)/messages?cursor="), 404)
      expectProblem(try await client.get("/conversations/\(UUID())/messages?cursor="), 404)
    }
  }
}

/// A page that was read by cursor.
struct CursorPage<Item: Decodable & Sendable>: Decodable, Sendable {
  let items: [Item]
  let total: Int?
  let nextCursor: String?
}

extension Answer {
  /// The targets of the `Link` field by relation (RFC 8288).
  var links: [String: String] {
    let links = (field("Link") ?? "").matches(of: /<([^>]*)>; rel="([a-z]+)"/)
    return Dictionary(links.map { (String($0.2), String($0.1)) }) { first, _ in first }
  }
}

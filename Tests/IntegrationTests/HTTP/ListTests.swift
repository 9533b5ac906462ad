import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("GET /conversations")
  struct ListTests {
    @Test("A page is exactly the contract's envelope, the newest conversation first")
    func envelope() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      var bodies: [String] = []
      for number in 0..<5 {
        bodies.insert(try await client.post("/conversations", ["title": "\(number)"]).text, at: 0)
      }
      func page(_ bodies: ArraySlice<String>, _ page: Int, _ limit: Int, _ totalPages: Int, _ hasMore: Bool)
        -> String
      {
        #"{"items":[\#(bodies.joined(separator: ","))],"total":5,"page":\#(page),"limit":\#(limit),"#
          + #""totalPages":\#(totalPages),"hasMore":\#(hasMore)}"#
      }
      #expect(try await client.get("/conversations").text == page(bodies[...], 1, 50, 1, false))
      #expect(try await client.get("/conversations?limit=2").text == page(bodies[..<2], 1, 2, 3, true))
      #expect(
        try await client.get("/conversations?page=3&limit=2").text == page(bodies[4...], 3, 2, 3, false))
      #expect(try await client.get("/conversations?page=4&limit=2").text == page([], 4, 2, 3, false))
      #expect(try await client.get("/conversations?limit=5&page=1").text == page(bodies[...], 1, 5, 1, false))
    }

    @Test("Somebody without conversations has an empty page")
    func empty() async throws {
      let api = try await SharedSystem.api()
      let answer = try await api.client(Name.user()).get("/conversations")
      #expect(answer.text == #"{"items":[],"total":0,"page":1,"limit":50,"totalPages":0,"hasMore":false}"#)
    }

    @Test(
      "Page and limit out of range, too deep pages and unknown parameters are a 400 that names them",
      arguments: [
        ("page=0", "page"), ("page=-1", "page"), ("page=one", "page"), ("page=", "page"),
        ("page=1.0", "page"), ("page=01", "page"), ("limit=0050", "limit"),
        ("page=%2B1", "page"), ("page=99999999999999999999", "page"), ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("page=101&limit=100", "page"), ("page=1&page=2", "page"), ("status=done", "status"),
        ("status=", "status"),
        ("transcriptReceived=1", "transcriptReceived"), ("offset=3", "offset"), ("userId=somebody", "userId"),
        ("limit=%ff", "limit"),
      ])
    func invalidQuery(_ query: String, _ parameter: String) async throws {
      let api = try await SharedSystem.api()
      let answer = try await api.client(Name.user()).get("/conversations?\(query)")
      expectProblem(answer, 400)
      #expect(try faults(answer).keys.contains(parameter))
    }

    @Test("The deepest page allowed is the one that ends at the ten-thousandth item")
    func deepest() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      #expect(try await client.get("/conversations?page=100&limit=100").status == 200)
      #expect(try await client.get("/conversations?page=10000&limit=1").status == 200)
      let answer = try await client.get("/conversations?page=10001&limit=1")
      expectProblem(answer, 400)
      #expect(answer.text.contains("cursor"))
    }

    @Test("Filters by status and transcript narrow the list and its total, alone and together")
    func filters() async throws {
      let api = try await SharedSystem.api()
      let (user, spoken) = (Name.user(), Name.externalID())
      let client = api.client(user)
      let transcribed = try await api.register(spoken, owner: user)
      let failed: ConversationBody = try await client.post("/conversations", [:]).decoded()
      let pending: ConversationBody = try await client.post("/conversations", [:]).decoded()
      #expect(try await client.patch("/conversations/\(failed.id)", ["status": "failed"]).status == 200)
      let event = try ProviderEvent.transcript(spoken, ["Hello"])
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      func ids(_ query: String) async throws -> [String] {
        let page: Page<ConversationBody> = try await client.get("/conversations?\(query)").decoded()
        #expect(page.total == page.items.count)
        return page.items.map(\.id)
      }
      #expect(try await ids("") == [pending.id, failed.id, transcribed.id])
      #expect(try await ids("status=pending") == [pending.id])
      #expect(try await ids("status=failed") == [failed.id])
      #expect(try await ids("status=ended") == [transcribed.id])
      #expect(try await ids("status=active").isEmpty)
      #expect(try await ids("transcriptReceived=true") == [transcribed.id])
      #expect(try await ids("transcriptReceived=false") == [pending.id, failed.id])
      #expect(try await ids("transcriptReceived=false&status=failed") == [failed.id])
      #expect(try await ids("transcriptReceived=true&status=failed").isEmpty)
    }

    @Test("A service sees all users' conversations, or one user's; a user only its own")
    func service() async throws {
      let api = try await SharedSystem.api()
      let (mine, theirs) = (Name.user(), Name.user())
      let first: ConversationBody = try await api.client(mine).post("/conversations", [:]).decoded()
      let second: ConversationBody = try await api.client(theirs).post("/conversations", [:]).decoded()
      let own: Page<ConversationBody> = try await api.client(mine).get("/conversations").decoded()
      #expect(own.items.map(\.id) == [first.id])
      for role in ["service", "admin"] {
        let client = api.client("backend", role: role)
        let one: Page<ConversationBody> = try await client.get("/conversations?userId=\(mine.escaped)")
          .decoded()
        #expect(one.items.map(\.id) == [first.id])
        let all: Page<ConversationBody> = try await client.get("/conversations?limit=2").decoded()
        #expect(all.items.map(\.id) == [second.id, first.id])
        #expect(all.total >= 2)
        #expect(
          try await client.get("/conversations?userId=nobody").decoded(Page<ConversationBody>.self).total == 0
        )
        expectProblem(try await client.get("/conversations?userId=white%20space"), 400)
      }
    }

    @Test("A user's list is a miss, then a hit, then a miss again after a write")
    func cached() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      #expect(try await client.getThroughCache("/conversations").isMiss)
      #expect(try await eventually { try await client.get("/conversations").isHit })
      let created: ConversationBody = try await client.post("/conversations", [:]).decoded()
      let after = try await client.getThroughCache("/conversations")
      #expect(!after.isHit)
      #expect(try after.decoded(Page<ConversationBody>.self).items.map(\.id) == [created.id])
    }
  }
}

extension String {
  /// Percent-encoded for a query or a path segment.
  var escaped: String { addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? self }
}

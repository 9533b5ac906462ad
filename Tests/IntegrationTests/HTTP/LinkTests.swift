import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension Integration {
  @Suite("Link")
  struct LinkTests {
    @Test("Each page links to its neighbours with the filters of the request, and following them reads all")
    func follow() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      for _ in 0..<5 { _ = try await api.client(user).post("/conversations", [:]) }
      let path = "/conversations?userId=\(user.escaped)&limit=2&status=pending"
      func target(_ page: Int) -> String {
        "/conversations?userId=\(user.escaped)&limit=2&status=pending&page=\(page)"
      }
      let first = try await api.service.get(path)
      #expect(first.links == ["first": target(1), "next": target(2), "last": target(3)])
      let second = try await api.service.get(try #require(first.links["next"]))
      #expect(
        second.links == ["first": target(1), "prev": target(1), "next": target(3), "last": target(3)])
      let third = try await api.service.get(try #require(second.links["next"]))
      #expect(third.links == ["first": target(1), "prev": target(2), "last": target(3)])
      let ids = try [first, second, third].flatMap { try $0.decoded(Page<ConversationBody>.self).items }.map(
        \.id)
      #expect(Set(ids).count == 5)
    }

    @Test("The links are the same out of the cache, packed or not, and by HEAD")
    func cached() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let client = api.client(user)
      let text = String(repeating: "long enough to be packed ", count: 30)
      for _ in 0..<4 { _ = try await client.post("/conversations", ["metadata": ["text": text]]) }
      let path = "/conversations?limit=3"
      let loaded = try await client.get(path)
      #expect(loaded.links["next"] == "/conversations?limit=3&page=2")
      #expect(try await eventually { try await client.get(path).isHit })
      for (method, headers) in [("GET", [:]), ("GET", ["Accept-Encoding": "gzip"]), ("HEAD", [:])] {
        let hit = try await client.send(method, path, headers)
        #expect(hit.field("Link") == loaded.field("Link"), "\(method) \(headers)")
        #expect((hit.field("Content-Encoding") == "gzip") == !headers.isEmpty)
      }
    }

    @Test("Links stand on messages and histories too, and on no error")
    func others() async throws {
      let api = try await SharedSystem.api()
      let (user, externalID) = (Name.user(), Name.externalID())
      let id = try await api.register(externalID, owner: user).id
      let event = try ProviderEvent.transcript(externalID, ["a", "b", "c"])
      try await api.accept([event])
      try await api.system.waitUntilSettled(event)
      for path in ["/conversations/\(id)/messages", "/users/\(user.escaped)/messages"] {
        let page = try await api.client(user).get("\(path)?limit=2")
        #expect(
          page.links == [
            "first": "\(path)?limit=2&page=1", "next": "\(path)?limit=2&page=2",
            "last": "\(path)?limit=2&page=2",
          ])
        #expect(
          try await api.client(user).get("\(path)?limit=2&page=9").links["prev"] == "\(path)?limit=2&page=2")
        #expect(try await api.client(user).get("\(path)?total=false&limit=2").links["last"] == nil)
        #expect(try await api.client(user).get("\(path)?limit=0").headers["Link"].isEmpty)
      }
    }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("PATCH /conversations/{id}")
  struct PatchTests {
    @Test("Metadata is merged by RFC 7396: null clears, objects merge, everything else replaces")
    func merge() async throws {
      let (client, path) = try await conversation([
        "title": "Old", "metadata": ["keep": 1, "drop": 2, "deep": ["a": 1, "b": 2], "list": [1, 2]],
      ])
      let answer = try await client.patch(
        path,
        [
          "metadata": [
            "drop": NSNull(), "deep": ["b": NSNull(), "c": ["d": 3]], "list": [3],
            "new": ["x": NSNull(), "y": 1],
          ]
        ])
      #expect(answer.status == 200)
      let metadata = try #require(try answer.object()["metadata"] as? [String: Any])
      let expected: [String: Any] = [
        "keep": 1, "deep": ["a": 1, "c": ["d": 3]], "list": [3], "new": ["y": 1],
      ]
      #expect(NSDictionary(dictionary: metadata) == NSDictionary(dictionary: expected))
      #expect(try answer.decoded(ConversationBody.self).title == "Old")
      #expect(try await client.get(path).body == answer.body)
      let cleared = try await client.patch(path, ["title": NSNull(), "metadata": NSNull()])
      #expect(try cleared.decoded(ConversationBody.self).title == nil)
      #expect((try cleared.object()["metadata"] as? [String: Any])?.isEmpty == true)
    }

    @Test("The media type of merge patches is taken too")
    func mergePatchType() async throws {
      let (client, path) = try await conversation()
      let answer = try await client.send(
        "PATCH", path, ["Content-Type": "application/merge-patch+json"], body: Data(#"{"title":"x"}"#.utf8))
      #expect(answer.status == 200)
      expectProblem(
        try await client.send("PATCH", path, ["Content-Type": "text/plain"], body: Data("{}".utf8)), 415)
    }

    @Test("A change moves updatedAt and the ETag; one that changes nothing moves neither")
    func updatedAt() async throws {
      let (client, path) = try await conversation(["title": "Same", "metadata": ["a": ["b": 1]]])
      let before = try await client.get(path)
      let same = try await client.patch(
        path, ["title": "Same", "metadata": ["a": ["b": 1], "none": NSNull()]])
      #expect((same.status, same.body) == (200, before.body))
      #expect(same.field("ETag") == before.field("ETag"))
      let other = try await client.patch(path, ["title": "Other"])
      let (old, new) = (try before.decoded(ConversationBody.self), try other.decoded(ConversationBody.self))
      #expect(new.updatedAt > old.updatedAt)
      #expect(new.createdAt == old.createdAt)
      #expect(other.field("ETag") != before.field("ETag"))
    }

    @Test(
      "Users may end a conversation or mark it failed; service and admin may set any status",
      arguments: [
        (String?.none, "ended", 200), (nil, "failed", 200), (nil, "active", 422), (nil, "pending", 422),
        (nil, "done", 422), ("service", "active", 200), ("admin", "pending", 200), ("service", "Ended", 422),
      ])
    func status(_ role: String?, _ status: String, _ expected: Int) async throws {
      let api = try await SharedSystem.api()
      let (client, path) = try await conversation()
      let actor = role.map { api.client("backend", role: $0) } ?? client
      let answer = try await actor.patch(path, ["status": status])
      #expect(answer.status == expected, "\(answer)")
      if expected == 422 {
        #expect(try faults(answer).keys.contains("/status"))
      } else {
        #expect(try answer.decoded(ConversationBody.self).status == status)
      }
    }

    @Test(
      "What cannot be patched is a 422 that points at it, and nothing is changed",
      arguments: [
        (#"{"title":"new","id":"x"}"#, ["/id"]),
        (#"{"userId":"x","externalId":"y"}"#, ["/userId", "/externalId"]),
        (#"{"title":1,"metadata":"x","status":null}"#, ["/title", "/metadata", "/status"]),
        (#"{"metadata":{"perceptionAnalysis":null}}"#, ["/metadata/perceptionAnalysis"]), ("[]", []),
        (#"{"title":"a","title":"b"}"#, ["/title"]),
      ])
    func invalid(_ body: String, _ pointers: [String]) async throws {
      let (client, path) = try await conversation(["title": "Old"])
      let before = try await client.get(path)
      let answer = try await client.send(
        "PATCH", path, ["Content-Type": "application/json"], body: Data(body.utf8))
      expectProblem(answer, 422)
      #expect(Set(try faults(answer).keys) == Set(pointers))
      #expect(try await client.get(path).body == before.body)
    }

    @Test("No JSON is a 400, more than a mebibyte a 413")
    func malformed() async throws {
      let (client, path) = try await conversation()
      let headers = ["Content-Type": "application/json"]
      expectProblem(try await client.send("PATCH", path, headers, body: Data("{\"title\":".utf8)), 400)
      let large = Data(repeating: UInt8(ascii: " "), count: 1 << 20) + Data("{}".utf8)
      expectProblem(try await client.send("PATCH", path, headers, body: large), 413)
    }

    @Test("Merged metadata may not grow over its limit")
    func growth() async throws {
      let (client, path) = try await conversation(["metadata": ["a": String(repeating: "x", count: 40_000)]])
      let answer = try await client.patch(path, ["metadata": ["b": String(repeating: "y", count: 40_000)]])
      expectProblem(answer, 422)
      #expect(try await client.patch(path, ["metadata": ["a": NSNull(), "b": "y"]]).status == 200)
    }

    @Test("If-Match lets one of two writers through; the other gets a 412")
    func ifMatch() async throws {
      let (client, path) = try await conversation()
      let tag = try #require(try await client.get(path).field("ETag"))
      let stale = "\"\(String(repeating: "0", count: 32))\""
      expectProblem(try await client.patch(path, ["title": "x"], ["If-Match": stale]), 412)
      #expect(try await client.patch(path, ["title": "y"], ["If-Match": "\(stale), \(tag)"]).status == 200)
      expectProblem(try await client.patch(path, ["title": "z"], ["If-Match": tag]), 412)
      #expect(try await client.patch(path, ["title": "z"], ["If-Match": "*"]).status == 200)
      // Weak tags never match strongly.
      let current = try #require(try await client.get(path).field("ETag"))
      expectProblem(try await client.patch(path, ["title": "w"], ["If-Match": "W/\(current)"]), 412)

      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          group.addTask {
            try await client.patch(path, ["title": "race \(number)"], ["If-Match": current]).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7))
    }

    private func conversation(_ fields: [String: Any] = [:]) async throws -> (Client, String) {
      let client = try await SharedSystem.api().client(Name.user())
      let created = try await client.post("/conversations", fields)
      return (client, try #require(created.field("Location")))
    }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("If-Match")
  struct PreconditionTests {
    @Test("A deletion with another version's tag is a 412 and deletes nothing")
    func delete() async throws {
      let (client, path) = try await conversation()
      let old = try #require(try await client.get(path).field("ETag"))
      #expect(try await client.patch(path, ["title": "newer"]).status == 200)
      for tags in [old, "W/\(old)", "\"\"", ""] {
        expectProblem(
          try await client.send("DELETE", path, ["If-Match": tags]), 412, code: "precondition_failed",
          comment: "\(tags)")
      }
      let current = try await client.get(path)
      #expect(current.status == 200)
      let tag = try #require(current.field("ETag"))
      expectProblem(try await client.send("DELETE", path, ["If-Match": "W/\(tag)"]), 412)
      #expect(try await client.send("DELETE", path, ["If-Match": "\(old), \(tag)"]).status == 204)
      expectProblem(try await client.send("DELETE", path, ["If-Match": tag]), 404)
      expectProblem(try await client.send("DELETE", path, ["If-Match": "*"]), 404)
    }

    @Test("Any version will do for *; the packed form's tag stands for the plain one's")
    func forms() async throws {
      let (client, path) = try await conversation()
      let packed = try await client.get(path, ["Accept-Encoding": "gzip"])
      let tag = try #require(packed.field("ETag"))
      #expect(tag.hasSuffix("-gzip\""))
      #expect(try await client.patch(path, ["title": "a"], ["If-Match": tag]).status == 200)
      expectProblem(try await client.patch(path, ["title": "b"], ["If-Match": tag]), 412)
      expectProblem(try await client.send("DELETE", path, ["If-Match": tag]), 412)
      #expect(try await client.patch(path, ["title": "b"], ["If-Match": "*"]).status == 200)
      #expect(try await client.send("DELETE", path, ["If-Match": "*"]).status == 204)
    }

    @Test("Somebody else learns from a condition no more than without: 404, whatever the tag")
    func somebodyElse() async throws {
      let (client, path) = try await conversation()
      let tag = try #require(try await client.get(path).field("ETag"))
      let other = try await SharedSystem.api().client(Name.user())
      for tags in [tag, "*", "\"other\""] {
        expectProblem(try await other.send("DELETE", path, ["If-Match": tags]), 404)
        expectProblem(try await other.patch(path, ["title": "x"], ["If-Match": tags]), 404)
      }
      #expect(try await client.get(path).status == 200)
    }

    /// One that is long enough to be packed.
    private func conversation() async throws -> (Client, String) {
      let client = try await SharedSystem.api().client(Name.user())
      let text = String(repeating: "long enough to be packed ", count: 60)
      let created = try await client.post("/conversations", ["metadata": ["text": text]])
      return (client, try #require(created.field("Location")))
    }
  }
}

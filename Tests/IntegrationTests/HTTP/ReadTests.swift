import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("GET /conversations/{id}")
  struct ReadTests {
    @Test("Somebody else's conversation, an unknown one and an impossible one are the same 404, to the byte")
    func notFound() async throws {
      let api = try await SharedSystem.api()
      let theirs: ConversationBody = try await api.client(Name.user()).post("/conversations", [:]).decoded()
      let unowned: ConversationBody = try await api.service.post("/conversations", [:]).decoded()
      let user = api.client(Name.user())
      // Once in the cache and once not.
      #expect(try await eventually { try await api.service.get("/conversations/\(theirs.id)").isHit })
      for (method, suffix) in [("GET", ""), ("GET", "/messages"), ("PATCH", ""), ("DELETE", "")] {
        var answers: [Answer] = []
        for id in [theirs.id, unowned.id, UUID().uuidString.lowercased(), "no-uuid"] {
          let answer = try await user.send(
            method, "/conversations/\(id)\(suffix)",
            ["Content-Type": "application/json", "X-Request-Id": "same"],
            body: method == "PATCH" ? Data("{}".utf8) : nil)
          expectProblem(answer, 404)
          answers.append(answer.replacing(id, by: "ID"))
        }
        #expect(Set(answers.map(\.text)).count == 1, "\(method): \(answers)")
        #expect(Set(answers.map { $0.withoutTimes }).count == 1, "\(method): \(answers)")
      }
      #expect(try await api.service.get("/conversations/\(theirs.id)").status == 200)
    }

    @Test("An answer tells that it is private, what it depends on, where it came from and how long it took")
    func fields() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let created = try await client.post("/conversations", [:])
      let path = try #require(created.field("Location"))
      let miss = try await client.getThroughCache(path)
      #expect(miss.isMiss)
      #expect(try await eventually { try await client.get(path).isHit })
      let hit = try await client.getThroughCache(path)
      #expect(hit.body == miss.body)
      for answer in [miss, hit] {
        #expect(answer.field("Content-Type") == "application/json")
        #expect(answer.field("Cache-Control") == "private, no-cache")
        #expect(answer.field("Vary") == "Authorization, Accept-Encoding")
        #expect(answer.field("ETag")?.wholeMatch(of: /"[^"]+"/) != nil)
        #expect(answer.field("ETag") == created.field("ETag"))
        #expect(answer.field("Server-Timing")?.isEmpty == false)
        #expect(answer.field("Content-Length") == String(answer.body.count))
      }
      let ttl = try #require(hit.field("Cache-Status")?.wholeMatch(of: /redis; hit; ttl=(\d+)/)?.1)
      #expect((1...300).contains(try #require(Int(ttl))))
    }

    @Test("Two instances give equal bytes an equal ETag; another state has another")
    func etagAcrossInstances() async throws {
      let api = try await SharedSystem.api()
      let second = try await api.system.startAPI(["CACHE_MODE": "off"])
      let user = Name.user()
      let created = try await api.client(user).post("/conversations", [:])
      let path = try #require(created.field("Location"))
      let (here, there) = (try await api.client(user).get(path), try await second.client(user).get(path))
      #expect(here.body == there.body)
      #expect(here.field("ETag") == there.field("ETag"))
      #expect(there.field("Cache-Status")?.hasPrefix("redis; fwd=bypass") == true)
      let changed = try await api.client(user).patch(path, ["title": "New"])
      #expect(changed.field("ETag") != here.field("ETag"))
      #expect(changed.field("ETag") == (try await second.client(user).get(path)).field("ETag"))
      second.program.process.terminate()
      #expect(try await second.program.process.wait() == .code(0))
    }

    @Test(
      "If-None-Match with the current tag is a 304 without a body, as a miss and as a hit",
      arguments: [
        "", "/messages",
      ])
    func notModified(_ suffix: String) async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let path = try #require(try await client.post("/conversations", [:]).field("Location")) + suffix
      let full = try await client.get(path)
      let tag = try #require(full.field("ETag"))
      for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
        let answer = try await client.get(path, ["If-None-Match": condition])
        #expect(answer.status == 304, "\(condition)")
        #expect(answer.body.isEmpty)
        #expect(answer.field("ETag") == tag)
        #expect(answer.field("Cache-Control") == "private, no-cache")
      }
      let other = try await client.get(path, ["If-None-Match": "\"other\""])
      #expect((other.status, other.body) == (200, full.body))
    }

    @Test(
      "HEAD answers as GET does, without the body",
      arguments: [
        "/conversations/ID", "/conversations/ID/messages", "/conversations", "/users/USER/messages",
        "/health",
        "/health/live", "/health/ready", "/conversations/none", "/conversations?limit=0",
      ])
    func head(_ template: String) async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let client = api.client(user)
      let created: ConversationBody = try await client.post("/conversations", [:]).decoded()
      let path = template.replacing("ID", with: created.id).replacing("USER", with: user.escaped)
      let get = try await client.get(path)
      let head = try await client.send("HEAD", path)
      #expect(head.status == get.status)
      #expect(head.body.isEmpty)
      for name in ["Content-Type", "ETag", "Cache-Control", "Vary"] {
        #expect(head.field(name) == get.field(name), "\(name)")
      }
      #expect(head.field("Content-Length") == String(get.body.count))
    }

    @Test("A well-formed X-Request-Id is echoed; any other is replaced")
    func requestID() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let kept = try await client.get("/conversations/none", ["X-Request-Id": "a.B-9_"])
      #expect(kept.field("X-Request-Id") == "a.B-9_")
      #expect(try kept.object()["requestId"] as? String == "a.B-9_")
      for bad in ["with space", String(repeating: "x", count: 129), "ünï", "<x>"] {
        let answer = try await client.get("/health/live", ["X-Request-Id": bad])
        let made = try #require(answer.field("X-Request-Id"))
        #expect(made.wholeMatch(of: /[A-Za-z0-9._-]{1,128}/) != nil && made != bad)
      }
      let first = try await client.get("/health/live").field("X-Request-Id")
      #expect(first != nil)
      #expect(try await client.get("/health/live").field("X-Request-Id") != first)
    }

    @Test(
      "Unknown query parameters are a 400",
      arguments: [
        "/conversations/ID?x=1", "/conversations/ID/messages?status=ended", "/users/USER/messages?order=asc",
      ])
    func unknownParameter(_ template: String) async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let created: ConversationBody = try await api.client(user).post("/conversations", [:]).decoded()
      let path = template.replacing("ID", with: created.id).replacing("USER", with: user.escaped)
      expectProblem(try await api.client(user).get(path), 400)
    }
  }
}

extension Answer {
  /// The same answer with an id of the request taken out.
  fileprivate func replacing(_ id: String, by placeholder: String) -> Answer {
    Answer(status: status, headers: headers, body: Data(text.replacing(id, with: placeholder).utf8))
  }

  /// The names and values of the header fields but those that tell times and lengths, and what the caller has left.
  fileprivate var withoutTimes: [String] {
    let varying = [
      "date", "server-timing", "content-length", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset",
    ]
    return headers.filter { !varying.contains($0.name.lowercased()) }
      .map { "\($0.name.lowercased()): \($0.value)" }.sorted()
  }
}

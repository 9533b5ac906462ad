import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Content coding and conditions")
  struct CodingTests {
    @Test(
      "A client that takes gzip gets it, with a tag of its own, whoever asked first",
      arguments: [["gzip", nil], [nil, "gzip"]] as [[String?]])
    func forms(order: [String?]) async throws {
      let (client, path) = try await Self.large()
      var answers: [Answer] = []
      for coding in order + order {
        // The fill follows the answer.
        if answers.count == 1 { #expect(try await eventually { try await client.get(path).isHit }) }
        answers.append(try await client.getThroughCache(path, coding.map { ["Accept-Encoding": $0] } ?? [:]))
      }
      #expect(answers[0].isMiss && answers[2].isHit && answers[3].isHit)
      let plain = answers.filter { $0.field("Content-Encoding") == nil }
      let packed = answers.filter { $0.field("Content-Encoding") == "gzip" }
      #expect(plain.count == 2 && packed.count == 2)
      let body = try #require(plain.first?.body)
      #expect(try plain.allSatisfy { $0.body == body } && packed.allSatisfy { try $0.unpacked() == body })
      #expect(Set(packed.map(\.body)).count == 1)
      let tag = try #require(plain.first?.field("ETag"))
      #expect(Set(plain.map { $0.field("ETag") }) == [tag])
      #expect(Set(packed.map { $0.field("ETag") }) == ["\(tag.dropLast())-gzip\""])
      for answer in answers {
        #expect(answer.field("Vary") == "Authorization, Accept-Encoding")
        #expect(answer.field("Content-Type") == "application/json")
        #expect(answer.field("Content-Length") == String(answer.body.count))
      }
    }

    @Test(
      "Weights decide, and where nothing is acceptable the answer is 406",
      arguments: [
        ("gzip;q=0", nil), ("identity;q=0", nil), ("*;q=0", nil), ("br, gzip;q=0.1", "gzip"), ("*", "gzip"),
        ("gzip;q=0.5, identity", nil), ("identity;q=0, gzip", "gzip"), ("deflate", nil),
      ] as [(String, String?)])
    func weights(accept: String, coding: String?) async throws {
      let (client, path) = try await Self.large()
      let answer = try await client.get(path, ["Accept-Encoding": accept])
      guard !["identity;q=0", "*;q=0"].contains(accept) else {
        expectProblem(answer, 406)
        return
      }
      #expect(answer.status == 200)
      #expect(answer.field("Content-Encoding") == coding)
    }

    @Test("What is small, what is written and what is refused is sent as it is")
    func plain() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let created = try await client.post("/conversations", [:])
      let path = try #require(created.field("Location"))
      for (target, status) in [(path, 200), ("/conversations/none", 404), ("/health", 200)] {
        let answer = try await client.get(target, ["Accept-Encoding": "gzip"])
        #expect(answer.status == status)
        #expect(answer.field("Content-Encoding") == nil)
        #expect(try JSONSerialization.jsonObject(with: answer.body) is [String: Any])
      }
      let patched = try await client.patch(
        path, ["metadata": ["text": String(repeating: "long ", count: 500)]], ["Accept-Encoding": "gzip"])
      #expect(patched.status == 200 && patched.field("Content-Encoding") == nil)
      let forced = try await client.get(path, ["Accept-Encoding": "gzip, identity;q=0"])
      #expect(try forced.unpacked() == patched.body)
    }

    @Test("Either form's tag is a 304 without a body, as a miss and as a hit; the answer names that tag")
    func notModified() async throws {
      let (client, path) = try await Self.large()
      let tag = try #require(try await client.get(path).field("ETag"))
      let packed = "\(tag.dropLast())-gzip\""
      for accept in ["gzip", "identity"] {
        for (condition, expected) in [
          (tag, tag), (packed, packed), ("W/\(packed)", packed), ("\"x\", \(tag)", tag),
          ("*", accept == "gzip" ? packed : tag), ("\(tag), \(packed)", accept == "gzip" ? packed : tag),
        ] {
          let answer = try await client.get(path, ["Accept-Encoding": accept, "If-None-Match": condition])
          #expect(answer.status == 304, "\(accept) \(condition)")
          #expect(answer.body.isEmpty)
          #expect(answer.field("ETag") == expected, "\(accept) \(condition)")
          #expect(answer.field("Content-Encoding") == nil)
          #expect(answer.field("Vary") == "Authorization, Accept-Encoding")
        }
      }
      let changed = try await client.patch(path, ["title": "New"])
      let old = try await client.get(path, ["Accept-Encoding": "gzip", "If-None-Match": "\(tag), \(packed)"])
      #expect(old.status == 200)
      #expect(try old.unpacked() == changed.body)
    }

    @Test("Somebody else's conversation is a 404 also to who names its tag")
    func notTheirs() async throws {
      let (client, path) = try await Self.large()
      let tag = try #require(try await client.get(path).field("ETag"))
      let stranger = try await SharedSystem.api().client(Name.user())
      for condition in [tag, "*"] {
        expectProblem(try await stranger.get(path, ["If-None-Match": condition]), 404)
      }
    }

    @Test("If-Match takes either form's tag of the present state, and no other")
    func ifMatch() async throws {
      let (client, path) = try await Self.large()
      let packed = try #require(
        try await client.get(path, ["Accept-Encoding": "gzip"]).field("ETag"))
      #expect(packed.hasSuffix("-gzip\""))
      let first = try await client.patch(path, ["title": "First"], ["If-Match": packed])
      #expect(first.status == 200)
      expectProblem(try await client.patch(path, ["title": "Second"], ["If-Match": packed]), 412)
      let tag = try #require(first.field("ETag"))
      #expect(try await client.patch(path, ["title": "Second"], ["If-Match": tag]).status == 200)
    }

    @Test("HEAD tells of the form that GET would send")
    func head() async throws {
      let (client, path) = try await Self.large()
      for accept in ["gzip", "identity"] {
        let get = try await client.get(path, ["Accept-Encoding": accept])
        let head = try await client.send("HEAD", path, ["Accept-Encoding": accept])
        #expect(head.status == 200 && head.body.isEmpty)
        for name in ["Content-Encoding", "ETag", "Vary", "Content-Type"] {
          #expect(head.field(name) == get.field(name), "\(name)")
        }
        #expect(head.field("Content-Length") == String(get.body.count))
      }
    }

    @Test("Server-Timing tells what happened and nothing else")
    func timing() async throws {
      let api = try await SharedSystem.api()
      let (client, path) = try await Self.large()
      let miss = try await client.getThroughCache(path)
      #expect(miss.isMiss && miss.timedParts == ["redis", "database", "total"])
      #expect(try await eventually { try await client.get(path).isHit })
      let hit = try await client.getThroughCache(path)
      #expect(hit.isHit && hit.timedParts == ["redis", "total"])
      let tag = try #require(hit.field("ETag"))
      #expect(try await client.get(path, ["If-None-Match": tag]).timedParts.last == "total")
      let uncached = try await client.get("/conversations?total=false")
      // Redis keeps the rate limit, which an uncached read passes as well.
      #expect(uncached.timedParts == ["redis", "database", "total"])
      let without = try await api.system.startAPI(["CACHE_MODE": "off", "RATE_LIMIT_REQUESTS": "0"])
      let direct = try await Client(base: without.program.base, token: client.token).get(path)
      #expect(direct.timedParts == ["database", "total"])
      without.program.process.kill()
    }

    /// Somebody's conversation of some kilobytes.
    private static func large() async throws -> (client: Client, path: String) {
      let client = try await SharedSystem.api().client(Name.user())
      let text = (0..<400).map { "word \($0)" }.joined(separator: " ")
      let created = try await client.post("/conversations", ["metadata": ["text": text]])
      return (client, try #require(created.field("Location")))
    }
  }
}

extension Answer {
  /// The body as `gzip` unpacks it.
  fileprivate func unpacked() throws -> Data {
    #expect(field("Content-Encoding") == "gzip")
    return try GzipProgram.run(["-dc"], body)
  }

  /// The names in `Server-Timing`, each with a duration.
  fileprivate var timedParts: [String] {
    (field("Server-Timing") ?? "").split(separator: ", ").compactMap {
      $0.wholeMatch(of: /([a-z]+);dur=[0-9]+(\.[0-9]+)?/).map { String($0.1) }
    }
  }
}

import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The cache's commands")
  struct CacheCommandTests {
    @Test("What is cached of a conversation and of a user is shown, dropped, and shown as dropped")
    func group() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let client = api.client(user)
      let text = String(repeating: "long ", count: 500)
      let created: ConversationBody = try await client.post(
        "/conversations", ["metadata": ["text": text]]
      ).decoded()
      let path = "/conversations/\(created.id)"
      #expect(
        try await eventually { try await client.get(path, ["Accept-Encoding": "gzip"]).isHit })
      #expect(try await eventually { try await client.get("\(path)/messages").isHit })
      #expect(try await eventually { try await client.get("/conversations").isHit })
      let etag = try #require(try await client.get(path, ["Accept-Encoding": "gzip"]).field("ETag"))

      let shown = try await cache(api.system, "show", created.id, "--json")
      #expect(shown.code == 0, "\(shown)")
      let report = try shown.object()
      #expect((report["epoch"] as? String)?.count == 32)
      #expect(report["group"] as? String == "conversation:\(created.id)")
      let fence = try #require(report["fence"] as? [String: Any])
      #expect(fence["trusted"] as? Bool == true)
      #expect((0...5).contains(try #require(fence["secondsLeft"] as? Double)))
      #expect(
        (fence["watermark"] as? String)?.hasPrefix("\(try #require(fence["server"] as? String))|") == true)
      let fields = try #require(report["fields"] as? [[String: Any]])
      #expect(fields.compactMap { $0["name"] as? String } == ["body", "messages:1:50"])
      let body = try #require(fields.first)
      #expect(body["valid"] as? Bool == true && body["gzip"] as? Bool == true)
      #expect(body["status"] as? Int == 200 && body["owner"] as? String == user)
      #expect(body["etag"] as? String == etag)
      #expect((1...300).contains(try #require(body["ttlSeconds"] as? Double)))
      #expect((0...60).contains(try #require(body["ageSeconds"] as? Double)))
      let table = try await cache(api.system, "show", created.id)
      for part in ["FIELD", "messages:1:50", "gzip", user, "trusted", "yes"] {
        #expect(table.text.contains(part), "\(table)")
      }
      #expect(!table.text.contains("long long"))
      #expect(try await cache(api.system, "show", "--user", user).text.contains("conversations:any:any:1:50"))

      let dropped = try await cache(api.system, "invalidate", created.id, "--json")
      #expect(dropped.code == 0, "\(dropped)")
      #expect(try dropped.object()["confirmed"] as? Bool == true)
      #expect(try dropped.object()["server"] as? String == fence["server"] as? String)
      let after = try await cache(api.system, "show", created.id, "--json")
      #expect(after.code == 0, "\(after)")
      #expect(try after.object()["epoch"] as? String != report["epoch"] as? String)
      let left = try #require(try after.object()["fields"] as? [[String: Any]])
      #expect(left.count == 2 && left.allSatisfy { $0["valid"] as? Bool == false })
      #expect(try await client.getThroughCache(path).field("Cache-Status") == "redis; fwd=stale")
      #expect(try await client.getThroughCache("/conversations").isHit)
      let user2 = try await cache(api.system, "invalidate", "--user", user)
      #expect(user2.code == 0 && user2.text.contains("new epoch"), "\(user2)")
      #expect(try await client.getThroughCache("/conversations").field("Cache-Status") == "redis; fwd=stale")
    }

    @Test("Of what nobody asked for nothing is cached: 1; to drop it is no failure")
    func nothing() async throws {
      let system = try await SharedSystem.api().system
      let id = UUID().uuidString.lowercased()
      let shown = try await cache(system, "show", id)
      #expect(shown.code == 1 && shown.text.contains("nothing is cached"), "\(shown)")
      #expect(try await cache(system, "invalidate", id).code == 0)
      #expect(try await cache(system, "show", "--user", Name.user(), "--json").code == 1)
    }

    @Test("A group is found among many thousands of keys, and only its own")
    func many() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let client = api.client("anna")
        let created: ConversationBody = try await client.post("/conversations", [:]).decoded()
        #expect(try await eventually { try await client.get("/conversations/\(created.id)").isHit })
        let fill = "for i = 1, 200000 do redis.call('SET', 'conversation:{' .. i .. '}:v3:body', 'x') end"
        let eval = try ChildProcess(
          "redis-cli", ["-p", String(system.cacheRedis.port), "EVAL", fill, "0"], environment: [:])
        #expect(try await eval.wait() == .code(0))
        let report = try await cache(system, "show", created.id, "--json").object()
        #expect((report["fields"] as? [[String: Any]])?.count == 1)
      }
    }

    @Test(
      "What cannot be understood is a usage error: 64",
      arguments: [
        ["show"], ["show", "no-uuid"], ["invalidate"], ["invalidate", "--user", "white space"],
        ["invalidate", "0195f0c2-0000-7000-8000-000000000000", "--user", "anna"], ["drop", "x"],
      ])
    func usage(_ arguments: [String]) async throws {
      let end = try await run(.api, ["cache"] + arguments, ["REDIS_URL": "redis://127.0.0.1:1"])
      #expect(end.code == 64, "\(end)")
    }

    @Test("Of the settings only the cache's URL is judged: 78")
    func settings() async throws {
      let bad = try await run(
        .api, ["cache", "show", "--user", "anna"],
        ["REDIS_CACHE_URL": "http://cache-secret@x", "PORT": "nonsense", "REDIS_URL": "nonsense"])
      #expect(bad.code == 78, "\(bad)")
      #expect(bad.text.contains("REDIS_CACHE_URL:") && !bad.text.contains("secret"), "\(bad)")
      #expect(!bad.text.contains("PORT") && !bad.text.contains("REDIS_URL:"), "\(bad)")
    }

    @Test("Without Redis, or with one that says nothing, every command ends with 69 and says what to do")
    func unreachable() async throws {
      let redis = try await RedisServer.start()
      let nobody = "redis://:cache-secret@127.0.0.1:\(FreePort.next())"
      let commands = [["show", "--user", "anna"], ["invalidate", "--user", "anna", "--json"]]
      try await concurrently(commands) { try await expectUnreachable($0, nobody) }
      redis.pause()
      try await concurrently(commands) { try await expectUnreachable($0, redis.url) }
      redis.resume()
      try await redis.stop()
    }

    private func expectUnreachable(_ arguments: [String], _ url: String) async throws {
      let start = ContinuousClock.now
      let end = try await run(.api, ["cache"] + arguments, ["REDIS_CACHE_URL": url])
      #expect(end.code == 69, "\(arguments): \(end)")
      #expect(end.text.contains("REDIS_CACHE_URL") && !end.text.contains("-secret"), "\(end)")
      #expect(ContinuousClock.now - start < .seconds(8))
    }

    private func cache(_ system: LocalSystem, _ arguments: String...) async throws -> ProgramEnd {
      try await run(.api, ["cache"] + arguments, ["REDIS_CACHE_URL": system.cacheRedis.url])
    }
  }
}

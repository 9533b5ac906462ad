import TestSupport
import Testing

extension Integration {
  @Suite("The API's metrics")
  struct APIMetricsTests {
    @Test("Reads, fills, requests and the fence are seen, on both programs")
    func counts() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let worker = try await system.startWorker()
        let client = api.client("anna")
        let created = try await client.post("/conversations", [:])
        let path = try #require(created.field("Location"))
        #expect(try await eventually { try await client.get(path).isHit })
        let before = try await Scrape.of(api.program)
        for _ in 0..<5 { #expect(try await client.getThroughCache(path).isHit) }
        #expect(try await client.get("/conversations/none").status == 404)
        #expect(try await client.get("/nowhere/\(Name.user().escaped)").status == 404)
        #expect(try await client.get("/conversations?total=false").status == 200)
        let scrape = try await Scrape.of(api.program)
        for (series, value) in [
          ("freshet_cache_fills_total{outcome=\"stored\"}", 1),
          ("freshet_cache_reads_total{outcome=\"bypass\",reason=\"uncached\"}", 1),
          ("freshet_cache_reads_total{outcome=\"unverified\"}", 0), ("freshet_cache_breaker_open", 0),
          ("freshet_cache_invalidations_unconfirmed_total", 0),
          ("freshet_cache_trust_lapses_total{reason=\"other-server\"}", 0),
          ("freshet_cache_conversions_total{to=\"gzip\"}", 0), ("freshet_cache_refreshes_total", 0),
          ("freshet_api_requests_total{method=\"POST\",route=\"/conversations\",status=\"201\"}", 1),
          ("freshet_api_requests_total{method=\"GET\",route=\"/conversations/{id}\",status=\"404\"}", 1),
          ("freshet_api_requests_total{method=\"GET\",route=\"NotFound\",status=\"404\"}", 1),
          ("freshet_redis_up{role=\"cache\"}", 1), ("freshet_postgres_up{role=\"primary\"}", 1),
        ] as [(String, Double)] {
          #expect(scrape[series] == value, "\(series)")
        }
        for series in [
          "freshet_cache_reads_total{outcome=\"hit\"}",
          "freshet_api_requests_total{method=\"GET\",route=\"/conversations/{id}\",status=\"200\"}",
          "freshet_api_request_seconds_count{route=\"/conversations/{id}\"}",
        ] {
          #expect(try #require(scrape[series]) >= (before[series] ?? 0) + 5, "\(series)")
        }
        #expect(try #require(scrape["process_resident_memory_bytes"]) > 1e6)
        for program in [api.program, worker] {
          let scrape = try await Scrape.of(program)
          #expect((0...5).contains(try #require(scrape["freshet_fence_age_seconds"])))
          #expect(try #require(scrape["freshet_fence_outbox_pending"]) <= 1)
          #expect(try #require(scrape["freshet_fence_outbox_oldest_seconds"]) < 5)
          #expect(scrape["freshet_cache_breaker_open"] == 0)
          #expect(scrape["freshet_erasures_pending"] == 0)
        }
      }
    }

    @Test(
      "What is not invalidated is counted with its age; without Redis the fence is absent, and reads bypass it"
    )
    func redisAway() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let client = api.client("anna")
        let created = try await client.post("/conversations", [:])
        let path = try #require(created.field("Location"))
        try await system.cacheRedis.kill()
        #expect(try await client.patch(path, ["title": "New"]).status == 200)
        let pending = try await poll(within: .seconds(20)) {
          _ = try await client.get(path)
          let scrape = try await Scrape.of(api.program)
          return scrape["freshet_fence_outbox_oldest_seconds"] ?? 0 > 1 ? scrape : nil
        }
        let scrape = try #require(pending)
        #expect(try #require(scrape["freshet_fence_outbox_pending"]) >= 1)
        #expect(scrape["freshet_fence_age_seconds"] == nil)
        #expect(try #require(scrape["freshet_cache_invalidations_unconfirmed_total"]) >= 1)
        let reasons = ["unreachable", "breaker-open"].compactMap {
          scrape["freshet_cache_reads_total{outcome=\"bypass\",reason=\"\($0)\"}"]
        }
        #expect(reasons.reduce(0, +) >= 1)
        #expect(scrape["freshet_redis_up{role=\"cache\"}"] == 0)
        try await system.cacheRedis.restart()
        #expect(
          try await eventually(within: .seconds(20)) {
            let scrape = try await Scrape.of(api.program)
            return scrape["freshet_fence_outbox_pending"] == 0 && scrape["freshet_fence_age_seconds"] ?? 9 < 5
          })
      }
    }

    @Test("Who is not in the admin networks, or comes by a proxy, is told the same as of no page")
    func adminNetworks() async throws {
      let system = try await SharedSystem.api().system
      let elsewhere = try await system.startAPI(["ADMIN_NETWORKS": "203.0.113.0/24,2001:db8::/32"])
      let api = try await SharedSystem.api()
      for (client, headers) in [
        (elsewhere.anonymous, [:]), (api.anonymous, ["X-Forwarded-For": "127.0.0.1"]),
        (api.anonymous, ["Forwarded": "for=127.0.0.1"]),
      ] {
        let headers = headers.merging(["X-Request-Id": "same"]) { first, _ in first }
        let (metrics, nowhere) = (
          try await client.get("/metrics", headers), try await client.get("/nowhere", headers)
        )
        expectProblem(metrics, 404)
        #expect(metrics.text == nowhere.text.replacing("/nowhere", with: "/metrics"))
      }
      elsewhere.program.process.kill()
      let open = try await Scrape.of(
        api.program, ["Accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"]
      ).answer
      #expect(open.field("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(open.text.hasSuffix("\n# EOF\n"))
    }
  }
}

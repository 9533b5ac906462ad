import TestSupport
import Testing

extension Integration {
  @Suite("The worker's metrics")
  struct MetricsTests {
    @Test("Every event is counted on its way, and the queue and its servers are seen")
    func counts() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let worker = try await system.startWorker()
        try await system.refuse("conversation_refused", 0, sqlState: "23514")
        let events =
          try (0..<20).map { try ProviderEvent.transcript("metrics-\($0 % 4)", ["one"], at: $0) }
          + [try ProviderEvent.make("system.pal_joined", "conversation_refused")]
        try await api.accept(events)
        try await system.waitUntilQueueIsEmpty(within: .seconds(20))
        let scrape = try await #require(
          poll(within: .seconds(5)) {
            let scrape = try await Scrape.of(worker)
            return scrape["freshet_queue_settled_total"] == 20 ? scrape : nil
          })
        for (series, value) in [
          ("freshet_queue_up", 1), ("freshet_queue_depth", 0), ("freshet_queue_in_flight", 0),
          ("freshet_queue_dead", 1), ("freshet_queue_enqueued_total", 21), ("freshet_queue_died_total", 1),
          ("freshet_queue_workers", 1), ("freshet_queue_paused", 0), ("freshet_queue_suspect", 0),
          ("freshet_queue_delayed", 0), ("freshet_queue_oldest_waiting_seconds", 0),
          ("freshet_worker_deliveries_total", 21), ("freshet_worker_acknowledged_total", 20),
          ("freshet_worker_deaths_total{reason=\"permanent\"}", 1),
          ("freshet_worker_deaths_total{reason=\"attempts exhausted\"}", 0),
          ("freshet_worker_fenced_total{by=\"postgres\"}", 0), ("freshet_worker_batch_events_sum", 21),
          ("freshet_worker_wait_seconds_count", 21), ("freshet_worker_end_to_end_seconds_count", 20),
          ("freshet_redis_up{role=\"cache\"}", 1), ("freshet_redis_up{role=\"queue\"}", 1),
          ("freshet_postgres_up{role=\"primary\"}", 1),
        ] as [(String, Double)] {
          #expect(scrape[series] == value, "\(series)")
        }
        let batches = try #require(scrape["freshet_worker_batch_events_count"])
        #expect((1...21).contains(batches))
        #expect(scrape["freshet_worker_process_seconds_count"] == batches)
        #expect(scrape["freshet_worker_settle_seconds_count"] == batches)
        #expect(try #require(scrape["freshet_worker_commit_seconds_count"]) >= 1)
        #expect(try #require(scrape["process_resident_memory_bytes"]) > 1e6)
        #expect(scrape.answer.text.contains("freshet_build_info{version=\""))
      }
    }

    @Test("A retry is counted by the class of its failure")
    func retries() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let worker = try await system.startWorker()
        try await system.refuse("conversation_refused", 0, sqlState: "P0001")
        try await api.accept([try ProviderEvent.make("system.pal_joined", "conversation_refused")])
        let series = "freshet_worker_retries_total{class=\"P0001\"}"
        #expect(try await eventually { try await Scrape.of(worker)[series] ?? 0 >= 2 })
        try await system.allowAgain()
        try await system.waitUntilQueueIsEmpty(within: .seconds(30))
        #expect(
          try await eventually { try await Scrape.of(worker)["freshet_worker_acknowledged_total"] == 1 })
      }
    }

    @Test("The format is the one that is asked for")
    func formats() async throws {
      let worker = try await SharedSystem.api().system.startWorker()
      let text = try await Scrape.of(worker).answer
      #expect(text.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
      #expect(text.text.contains("# TYPE freshet_worker_deliveries_total counter"))
      #expect(!text.text.contains("# EOF"))
      let open = try await Scrape.of(
        worker, ["Accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"]
      ).answer
      #expect(open.field("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(open.text.contains("# TYPE freshet_worker_deliveries counter"))
      #expect(open.text.hasSuffix("\n# EOF\n"))
      worker.process.kill()
    }

    @Test("Elsewhere than in the admin networks there are no metrics, but health")
    func adminNetworks() async throws {
      let system = try await SharedSystem.api().system
      let worker = try await system.startWorker(["ADMIN_NETWORKS": "203.0.113.0/24,2001:db8::/32"])
      let client = Client(base: worker.base)
      let (metrics, nowhere) = (try await client.get("/metrics"), try await client.get("/nowhere"))
      #expect(metrics.status == 404)
      #expect(metrics.text == nowhere.text)
      #expect(try await client.get("/health/live").status == 200)
      worker.process.kill()
    }
  }
}

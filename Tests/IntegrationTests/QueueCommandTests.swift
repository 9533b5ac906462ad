import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The operator's commands")
  struct QueueCommandTests {
    @Test("Dead events are listed, shown, replayed when their cause is gone, and discarded")
    func deadEvents() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        try await system.startWorker()
        try await system.refuse("refused-%", sqlState: "23514")
        let (first, second) = (
          try ProviderEvent.transcript("refused-1", ["kept"]), try Self.event("refused-2")
        )
        try await api.accept([first, second, try Self.event("fine")])
        #expect(try await eventually(within: .seconds(20)) { try await system.deadEvents() == 2 })
        let (id, other) = (LocalSystem.eventID(of: first), LocalSystem.eventID(of: second))

        let list = try await queue(system, "dead")
        #expect(list.code == 0)
        for part in ["CLASS", "23514", "permanent", id, other, "refused-1", "2 of 2 dead events"] {
          #expect(list.text.contains(part), "\(list)")
        }
        let one = try await queue(system, "dead", "--limit", "1", "--class", "23514", "--json").object()
        #expect(one["total"] as? Int == 2)
        #expect(one["byClass"] as? [String: Int] == ["23514": 2])
        #expect((one["events"] as? [[String: Any]])?.count == 1)
        #expect(try await queue(system, "dead", "--class", "other").text == "no dead events")

        let shown = try await queue(system, "show", id, "--payload", "--json").object()
        #expect(shown["state"] as? String == "dead")
        #expect(shown["class"] as? String == "23514")
        #expect(shown["conversation"] as? String == "refused-1")
        #expect((shown["payload"] as? String)?.contains("kept") == true)
        #expect((shown["payload"] as? String)?.contains("must-not-be-kept") == false)
        let text = try await queue(system, "show", id)
        #expect(text.code == 0 && text.text.contains("state"), "\(text)")
        #expect(!text.text.contains("kept"))

        for arguments in [
          ["replay", id, "--dry-run"], ["replay", "--all", "--dry-run"], ["discard", "--all", "--dry-run"],
        ] {
          let end = try await queue(system, arguments)
          #expect(end.code == 0 && end.text.contains("would be"), "\(end)")
        }
        #expect(try await system.deadEvents() == 2)

        try await system.allowAgain()
        #expect(try await queue(system, "replay", id).code == 0)
        #expect(
          try await eventually {
            try await system.rows("SELECT outcome FROM webhook_events WHERE external_id = 'refused-1'")
              == [["applied"]]
          })
        #expect(try await system.count("SELECT count(*) FROM messages WHERE content = 'kept'") == 1)
        let again = try await queue(system, "replay", id, "unheard-of", "--json")
        #expect(again.code == 1)
        #expect(again.text.contains(#""outcomes":{"settled":1,"unknown":1}"#), "\(again)")

        #expect(try await queue(system, "discard", other, "--json").code == 0)
        #expect(try await system.deadEvents() == 0)
        #expect(try await queue(system, "show", other).text.contains("settled"))
        let unknown = try await queue(system, "show", "unheard-of")
        #expect(unknown.code == 1 && unknown.text.contains("never accepted"), "\(unknown)")
      }
    }

    @Test("A pause stops the consumption, not the intake; a resume goes on within a second")
    func pause() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        try await system.startWorker()
        #expect(try await queue(system, "pause").text == "the queue is paused")
        #expect(try await queue(system, "pause", "--json").object()["changed"] as? Bool == false)
        try await api.acceptInTheEnd(try (0..<30).map { try Self.event("paused-\($0)") })
        // Longer than an idle worker waits between two looks.
        try await Task.sleep(for: .milliseconds(1500))
        #expect(try await system.count("SELECT count(*) FROM webhook_events") == 0)
        let paused = try await queue(system, "stats", "--json").object()
        #expect(paused["paused"] as? Bool == true)
        #expect(paused["depth"] as? Int == 30)
        #expect(try #require(paused["oldestWaitingSeconds"] as? Double) > 1)
        #expect(try await queue(system, "stats").text.contains("queue resume"))
        #expect(try await queue(system, "resume").text == "the queue is running")
        let start = ContinuousClock.now
        #expect(
          try await eventually { try await system.count("SELECT count(*) FROM webhook_events") > 0 })
        #expect(ContinuousClock.now - start < .seconds(1))
        try await system.waitUntilQueueIsEmpty(within: .seconds(10))
      }
    }

    @Test("Thousands of dead events are replayed by one command, with all of them applied")
    func bulk() async throws {
      try await LocalSystem.run { system in
        let count = 5000
        let api = try await system.startAPI()
        try await system.startWorker()
        try await system.refuse("bulk-%", sqlState: "23514")
        try await api.acceptInTheEnd(try (0..<count).map { try Self.event("bulk-\($0)") })
        #expect(try await eventually(within: .seconds(120)) { try await system.deadEvents() == count })
        try await system.allowAgain()

        for action in ["replay", "discard"] {
          let refusal = try await queue(system, action, "--all")
          #expect(refusal.code == 64 && refusal.text.contains("--yes"), "\(refusal)")
        }
        let other = try await queue(system, "replay", "--class", "other", "--yes", "--json").object()
        #expect((other["outcomes"] as? [String: Int])?.isEmpty == true)
        let dry = try await queue(system, "replay", "--class", "23514", "--dry-run", "--json").object()
        #expect(dry["outcomes"] as? [String: Int] == ["replayed": count])
        #expect(try await system.deadEvents() == count)

        let replay = try await queue(system, "replay", "--class", "23514", "--yes", "--json")
        #expect(replay.code == 0)
        #expect(try replay.object()["outcomes"] as? [String: Int] == ["replayed": count])
        try await system.waitUntilQueueIsEmpty(within: .seconds(60))
        #expect(try await system.count("SELECT count(*) FROM webhook_events") == count)
        #expect(try await system.deadEvents() == 0)
        let nothing = try await queue(system, "discard", "--all", "--yes")
        #expect(nothing.code == 0 && nothing.text == "no dead events", "\(nothing)")
      }
    }

    @Test("On a terminal the operator is asked, and only a yes is one")
    func asked() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        try await system.startWorker()
        try await system.refuse("refused-%", sqlState: "23514")
        try await api.accept([try Self.event("refused-1")])
        #expect(try await eventually(within: .seconds(20)) { try await system.deadEvents() == 1 })
        let no = try await onTerminal(system, answer: "n")
        #expect(no.code == 1 && no.text.contains("Discard 1 dead event? [y/N]"), "\(no)")
        #expect(try await system.deadEvents() == 1)
        let yes = try await onTerminal(system, answer: "y")
        #expect(yes.code == 0 && yes.text.contains("1 discarded"), "\(yes)")
        #expect(try await system.deadEvents() == 0)
      }
    }

    @Test(
      "Without a server that it needs every command ends with 69 within a few seconds, and says what to do")
    func unreachable() async throws {
      let redis = try await RedisServer.start()
      let system = [
        "REDIS_QUEUE_URL": "redis://:queue-secret@127.0.0.1:\(FreePort.next())",
        "DATABASE_URL": "postgresql://user:database-secret@127.0.0.1:\(FreePort.next())/x",
      ]
      let commands = [
        ["stats"], ["dead"], ["show", "x"], ["replay", "x"], ["discard", "--all", "--yes"], ["pause"],
        ["resume"],
      ]
      try await concurrently(commands) { try await expectUnreachable($0, system) }
      // One that accepts connections and says nothing.
      redis.pause()
      try await expectUnreachable(["stats", "--json"], ["REDIS_URL": redis.url])
      redis.resume()
      let noDatabase = ["REDIS_URL": redis.url, "DATABASE_URL": system["DATABASE_URL"] ?? ""]
      try await concurrently([["dead"], ["show", "x"], ["replay", "--all", "--yes"]]) {
        try await expectUnreachable($0, noDatabase, naming: "DATABASE_URL")
      }
      try await redis.stop()
    }

    @Test(
      "What cannot be understood is a usage error: 64",
      arguments: [
        ["no-such-command"], ["replay"], ["replay", "x", "--all"], ["discard", "--all", "--class", "c"],
        ["show"], ["dead", "--limit", "0"], ["stats", "x"],
      ])
    func usage(_ arguments: [String]) async throws {
      #expect(try await run(.worker, ["queue"] + arguments, ["REDIS_URL": "redis://127.0.0.1:1"]).code == 64)
    }

    @Test("Of the settings only those that the commands need are judged, all at once: 78")
    func settings() async throws {
      let bad = try await run(
        .worker, ["queue", "stats"],
        ["REDIS_QUEUE_URL": "http://queue-secret@x", "QUEUE_SHARDS": "many", "LOG_LEVEL": "loud"])
      #expect(bad.code == 78, "\(bad)")
      #expect(bad.text.contains("REDIS_QUEUE_URL:") && bad.text.contains("QUEUE_SHARDS:"), "\(bad)")
      #expect(!bad.text.contains("secret") && !bad.text.contains("LOG_LEVEL"), "\(bad)")
      let missing = try await run(.worker, ["queue", "dead"], ["QUEUE_SHARDS": "many"])
      #expect(missing.code == 78, "\(missing)")
      #expect(missing.text.contains("DATABASE_URL:") && missing.text.contains("QUEUE_SHARDS:"), "\(missing)")
      let system = try await SharedSystem.api().system
      let fine = try await run(
        .worker, ["queue", "stats"],
        [
          "REDIS_QUEUE_URL": system.queueRedis.url, "REDIS_URL": "nonsense", "WORKER_PORT": "nonsense",
          "LOG_LEVEL": "loud",
        ])
      #expect(fine.code == 0, "\(fine)")
    }

    private static func event(_ conversation: String) throws -> Data {
      try ProviderEvent.make("system.pal_joined", conversation)
    }

    private func queue(_ system: LocalSystem, _ arguments: String...) async throws -> ProgramEnd {
      try await queue(system, arguments)
    }

    private func queue(_ system: LocalSystem, _ arguments: [String]) async throws -> ProgramEnd {
      try await run(.worker, ["queue"] + arguments, Self.settings(system))
    }

    /// No more than the commands need.
    private static func settings(_ system: LocalSystem) -> [String: String] {
      ["REDIS_QUEUE_URL": system.queueRedis.url, "DATABASE_URL": system.programURL]
    }

    /// Discards everything, with a pseudo-terminal in between.
    private func onTerminal(_ system: LocalSystem, answer: String) async throws -> ProgramEnd {
      let command = "\(try Installation.build.path(.worker)) queue discard --all"
      let shell = "{ echo \(answer); sleep 2; } | script -qec '\(command)' /dev/null"
      return try await end(
        of: ChildProcess("bash", ["-c", shell], environment: Self.settings(system)))
    }

    private func expectUnreachable(
      _ arguments: [String], _ environment: [String: String], naming setting: String = "REDIS_QUEUE_URL"
    ) async throws {
      let start = ContinuousClock.now
      let end = try await run(.worker, ["queue"] + arguments, environment)
      #expect(end.code == 69, "\(arguments): \(end)")
      #expect(end.text.contains(setting), "\(end)")
      #expect(!end.text.contains("-secret"), "\(end)")
      #expect(ContinuousClock.now - start < .seconds(6))
    }
  }
}

extension LocalSystem {
  /// Has Postgres refuse all events of the conversations whose name is like that, until ``allowAgain()``.
  fileprivate func refuse(_ pattern: String, sqlState: String) async throws {
    _ = try await rows(
      """
      CREATE FUNCTION fault_refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'refused by the test' USING ERRCODE = TG_ARGV[0];
      END $$;
      CREATE TRIGGER fault_refusal BEFORE INSERT ON webhook_events FOR EACH ROW
        WHEN (NEW.external_id LIKE '\(pattern)') EXECUTE FUNCTION fault_refusal('\(sqlState)');
      """)
  }
}

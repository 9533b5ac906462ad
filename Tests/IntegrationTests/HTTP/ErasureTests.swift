import Foundation
import TestSupport
import Testing

extension Integration {
  /// Each looks for a word that only the erased ever said.
  @Suite("Erasure")
  struct ErasureTests {
    private static let word = "unforgettable"

    @Test(
      "With a deleted conversation go its payloads, queued and dead, before the answer; each event ends on record"
    )
    func conversation() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let (owner, externalID) = ("user-1", "call-1")
        let id = try await api.register(externalID, owner: owner).id
        try await system.refuseEvents()
        let worker = try await system.startWorker()
        try await api.accept([try event(externalID, 1), try event("other", 1, "kept")])
        #expect(try await eventually(within: .seconds(30)) { try await system.letters() == 2 })
        worker.process.kill()
        _ = try await worker.process.wait()
        try await system.allowEvents()
        try await api.accept([try event(externalID, 2), try event(externalID, 3)])
        #expect(try await system.queued(Self.word) == 3)
        #expect(try await system.tables(with: Self.word) == ["dead_letters"])

        #expect(try await api.client(owner).send("DELETE", "/conversations/\(id)").status == 204)
        #expect(try await system.queued(Self.word) == 0)
        #expect(try await system.tables(with: Self.word) == [])
        #expect(try await system.queued("kept") == 1)
        #expect(try await system.letters() == 1)

        try await system.startWorker()
        try await system.waitUntilQueueIsEmpty(within: .seconds(30))
        #expect(
          try await system.rows("SELECT external_id, outcome, count(*) FROM webhook_events GROUP BY 1, 2")
            == [[externalID, "deleted", "3"]])
        #expect(try await system.deadEvents() == 1)
        #expect(try await system.count("SELECT count(*) FROM conversations") == 0)
      }
    }

    @Test(
      "With the queue's Redis away a conversation is deleted all the same; its payloads are gone when it is back"
    )
    func withoutRedis() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let id = try await api.register("call-1", owner: "user-1").id
        try await api.accept([try event("call-1", 1)])
        try await system.queueRedis.stop()
        #expect(try await api.service.send("DELETE", "/conversations/\(id)").status == 204)
        #expect(try await api.service.send("DELETE", "/users/user-1").status == 202)
        try await system.queueRedis.restart()
        #expect(try await system.queued(Self.word) == 1)
        #expect(try await eventually(within: .seconds(20)) { try await system.queued(Self.word) == 0 })
        try await system.startWorker()
        try await system.waitUntilQueueIsEmpty(within: .seconds(30))
        #expect(try await system.rows("SELECT outcome FROM webhook_events") == [["deleted"]])
      }
    }

    @Test("A Redis that does not answer holds a deletion up for a second or two, and no longer")
    func silentRedis() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let id = try await api.register("call-1", owner: "user-1").id
        system.queueRedis.pause()
        let start = ContinuousClock.now
        #expect(try await api.service.send("DELETE", "/conversations/\(id)").status == 204)
        #expect(ContinuousClock.now - start < .seconds(4))
        system.queueRedis.resume()
      }
    }

    @Test("Only a service or an admin may erase a user; the answer does not tell whether there is one")
    func roles() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let path = "/users/\(user.escaped)"
      _ = try await api.client(user).post("/conversations", [:])
      for client in [api.client(user), api.client(Name.user())] {
        expectProblem(try await client.send("DELETE", path), 403, code: "forbidden")
      }
      expectProblem(try await api.anonymous.send("DELETE", path), 401)
      expectProblem(try await api.service.send("DELETE", "\(path)?now=1"), 400)
      expectProblem(try await api.service.send("DELETE", "/users/white%20space"), 404)
      #expect(try await api.service.send("DELETE", "/users/\(Name.user().escaped)").status == 202)
      let answer = try await api.client("root", role: "admin").send("DELETE", path)
      #expect(answer.status == 202)
      #expect(answer.body.isEmpty)
      #expect(try await eventually { try await total("/conversations", api.client(user)) == 0 })
    }

    @Test("With a user go all his conversations, from every list, and late webhooks bring nothing back")
    func user() async throws {
      let api = try await SharedSystem.api()
      // Looked for everywhere: no other user's id may begin like this.
      let (user, other) = ("\(Name.user())-leaves", Name.user())
      let externalIDs = (0..<45).map { _ in Name.externalID() }
      for id in externalIDs { _ = try await api.register(id, owner: user) }
      let spared = try await api.register(Name.externalID(), owner: other)
      let events = try externalIDs.map { try ProviderEvent.transcript($0, [user, "said this"], at: 1) }
      try await api.accept(events)
      for event in events { try await api.system.waitUntilSettled(event) }
      let client = api.client(user)
      let history = "/users/\(user.escaped)/messages"
      #expect(try await total(history, client) == 90)
      let key = ["Idempotency-Key": UUID().uuidString]
      _ = try await client.send("POST", "/conversations", key, body: Data(#"{"title":"\#(user)"}"#.utf8))

      #expect(try await api.service.send("DELETE", "/users/\(user.escaped)").status == 202)
      #expect(try await eventually(within: .seconds(30)) { try await total(history, client) == 0 })
      #expect(try await eventually(within: .seconds(30)) { try await total("/conversations", client) == 0 })
      #expect(try await eventually { try await api.system.tables(with: user) == ["erasures"] })
      #expect(try await api.client(other).get("/conversations/\(spared.id)").status == 200)

      let late = try externalIDs.map { try ProviderEvent.transcript($0, [user, "said this", "too"], at: 2) }
      try await api.accept(late)
      for event in late { try await api.system.waitUntilSettled(event) }
      #expect(try await total(history, client) == 0)
      #expect(try await api.system.tables(with: user) == ["erasures"])
      let names = externalIDs.map { "'\($0)'" }.joined(separator: ",")
      let outcomes =
        "SELECT outcome, count(*) FROM webhook_events WHERE external_id IN (\(names)) GROUP BY 1 ORDER BY 1"
      #expect(try await api.system.rows(outcomes) == [["applied", "45"], ["deleted", "45"]])

      // A minute later it is done once more, and then forgotten.
      try await api.system.letMinutePass()
      #expect(try await eventually(within: .seconds(20)) { try await api.system.tables(with: user) == [] })
      let rows = "SELECT count(*) FROM erasures WHERE external_id IN (\(names))"
      #expect(try await eventually(within: .seconds(20)) { try await api.system.count(rows) == 0 })
    }

    @Test("Whoever is killed in the middle of it, API or worker, somebody goes on until nothing is left")
    func killed() async throws {
      try await LocalSystem.run { system in
        let first = try await system.startAPI()
        var processes = [first.program.process]
        let names = (0..<240).map { "call-\($0)" }
        try await concurrently(names) { name in _ = try await first.register(name, owner: "user-1") }
        try await first.accept(try names.prefix(60).map { try event($0, 1) })
        #expect(try await first.service.send("DELETE", "/users/user-1").status == 202)
        var left = [240]
        for _ in 0..<4 where left.last != 0 {
          processes.append(try await system.startWorker().process)
          // Anywhere in a step: it is not known where they are.
          try await Task.sleep(for: .milliseconds(Int.random(in: 0...120)))
          for process in processes.shuffled() { process.kill() }
          left.append(try await system.count("SELECT count(*) FROM conversations"))
          // What the dead had taken on is due when their time is over.
          _ = try await system.rows(
            "UPDATE erasures SET due_at = now() - interval '1 second' WHERE due_at > now()")
          processes = [try await system.startAPI().program.process]
        }
        print("erasure among kills: conversations left \(left)")
        try await system.startWorker()
        #expect(
          try await eventually(within: .seconds(60)) {
            try await system.count("SELECT count(*) FROM conversations") == 0
          })
        try await system.waitUntilQueueIsEmpty(within: .seconds(60))
        #expect(try await system.queued(Self.word) == 0)
        #expect(try await system.count("SELECT count(*) FROM deleted_conversations") == 240)
        #expect(try await system.count("SELECT count(*) FROM messages") == 0)
        #expect(try await system.count("SELECT count(*) FROM webhook_events") == 60)
        #expect(try await system.deadEvents() == 0)
        try await system.letMinutePass()
        #expect(
          try await eventually(within: .seconds(60)) {
            try await system.count("SELECT count(*) FROM erasures") == 0
          })
      }
    }

    private func event(_ externalID: String, _ number: Int, _ word: String = Self.word) throws -> Data {
      try ProviderEvent.transcript(externalID, (0..<number).map { "\(word) \($0)" }, at: number)
    }

    private func total(_ path: String, _ client: Client) async throws -> Int? {
      try await client.get(path).object()["total"] as? Int
    }
  }
}

extension LocalSystem {
  /// Has Postgres refuse all events for good, until ``allowEvents()``.
  fileprivate func refuseEvents() async throws {
    _ = try await rows(
      """
      CREATE FUNCTION refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'refused by the test' USING ERRCODE = '22000';
      END $$;
      CREATE TRIGGER refusal BEFORE INSERT ON webhook_events FOR EACH ROW EXECUTE FUNCTION refusal();
      """)
  }

  fileprivate func allowEvents() async throws { _ = try await rows("DROP FUNCTION refusal CASCADE") }

  fileprivate func letters() async throws -> Int { try await count("SELECT count(*) FROM dead_letters") }

  /// How many events in Redis have the word in any field.
  fileprivate func queued(_ word: String) async throws -> Int {
    let script = """
      local found = 0
      for _, key in ipairs(redis.call('KEYS', '*')) do
        if redis.call('TYPE', key).ok == 'hash' then
          for _, value in ipairs(redis.call('HVALS', key)) do
            if string.find(value, ARGV[1], 1, true) then found = found + 1 end
          end
        end
      end
      return found
      """
    return Int(try await ask(queueRedis, "EVAL", script, "0", word).first ?? "") ?? -1
  }

  /// The tables with the word anywhere, in text or in bytes, but for what the cache is told.
  fileprivate func tables(with word: String) async throws -> [String] {
    let bytes = word.utf8.map { String(format: "%02x", $0) }.joined()
    return try await rows(
      """
      SELECT table_name FROM information_schema.tables, LATERAL (SELECT query_to_xml(
        format('SELECT t::text FROM %I AS t WHERE strpos(t::text, %L) + strpos(t::text, %L) > 0 LIMIT 1',
          table_name, '\(word)', '\(bytes)'), true, true, '')::text AS found) AS s
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'cache_outbox'
        AND found LIKE '%<row%' ORDER BY 1
      """
    ).map { $0[0] }
  }

  /// For whatever erasure waits for its last time.
  fileprivate func letMinutePass() async throws {
    _ = try await rows(
      "UPDATE erasures SET requested_at = requested_at - interval '61 s', due_at = due_at - interval '61 s'")
  }
}

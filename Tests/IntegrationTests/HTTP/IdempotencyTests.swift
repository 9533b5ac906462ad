import Foundation
import NIOCore
import Testing

@testable import TestSupport

extension Integration {
  @Suite("Idempotency-Key")
  struct IdempotencyTests {
    @Test("A repeat has the first answer, byte for byte and marked, on every instance, and makes nothing")
    func replay() async throws {
      let api = try await SharedSystem.api()
      let other = try await api.system.startAPI()
      let user = Name.user()
      let first = try await create(api.client(user), title: "once", key: "key-1")
      #expect((first.status, first.field("Idempotent-Replayed")) == (201, nil))
      let location = try #require(first.field("Location"))
      #expect(try await api.client(user).patch(location, ["title": "since changed"]).status == 200)
      for instance in [api, other] {
        let again = try await create(instance.client(user), title: "once", key: "key-1")
        #expect((again.status, again.field("Idempotent-Replayed")) == (201, "true"))
        #expect(again.body == first.body)
        #expect(again.field("ETag") == first.field("ETag"))
        #expect(again.field("Location") == location)
      }
      let list: Page<ConversationBody> = try await api.client(user).get("/conversations").decoded()
      #expect(list.items.map(\.title) == ["since changed"])
    }

    @Test("Another body with the same key is a 422; another principal's key, and no key, are other requests")
    func scope() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let first = try await create(client, title: "one", key: "k")
      expectProblem(
        try await create(client, title: "two", key: "k"), 422, code: "idempotency_key_reused")
      #expect(try await create(client, title: "one", key: "k").body == first.body)
      let theirs = try await create(api.client(Name.user()), title: "two", key: "k")
      #expect((theirs.status, theirs.field("Idempotent-Replayed")) == (201, nil))
      let unkeyed = try await client.post("/conversations", ["title": "one"])
      #expect(try unkeyed.decoded(ConversationBody.self).id != first.decoded(ConversationBody.self).id)
    }

    @Test(
      "What is no key is a 400, and so are two",
      arguments: ["", "with space", String(repeating: "k", count: 256), "schl\u{fc}ssel"])
    func invalid(_ key: String) async throws {
      let client = try await SharedSystem.api().client(Name.user())
      expectProblem(try await create(client, title: "x", key: key), 400, code: "invalid_idempotency_key")
    }

    @Test("A request that was refused before it was begun leaves its key free")
    func validation() async throws {
      let client = try await SharedSystem.api().client(Name.user())
      let wrong = try await client.send(
        "POST", "/conversations", ["Content-Type": "application/json", "Idempotency-Key": "k"],
        body: Data(#"{"title":1}"#.utf8))
      expectProblem(wrong, 422, code: "invalid_body")
      #expect(try await create(client, title: "right", key: "k").status == 201)
    }

    @Test("A taken external id is told again, also when it is free by then")
    func taken() async throws {
      let api = try await SharedSystem.api()
      let externalID = Name.externalID()
      let holder = try await api.register(externalID, owner: Name.user())
      let headers = ["Content-Type": "application/json", "Idempotency-Key": externalID]
      let body = try JSON.bytes(["externalId": externalID])
      func send() async throws -> Answer {
        try await api.service.send("POST", "/conversations", headers, body: body)
      }
      let first = try await send()
      expectProblem(first, 409, code: "external_id_taken")
      #expect(first.field("Idempotent-Replayed") == nil)
      #expect(try await api.service.send("DELETE", "/conversations/\(holder.id)").status == 204)
      let again = try await send()
      expectProblem(again, 409, code: "external_id_taken")
      #expect(again.field("Idempotent-Replayed") == "true")
    }

    @Test("Of a deleted conversation a repeat neither tells nor makes anything")
    func deleted() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      let first = try await create(client, title: "forget me", key: "k")
      #expect(try await client.send("DELETE", try #require(first.field("Location"))).status == 204)
      expectProblem(try await create(client, title: "forget me", key: "k"), 409, code: "conversation_deleted")
      let kept = "SELECT count(*) FROM idempotency_keys WHERE convert_from(body, 'UTF8') LIKE '%forget me%'"
      #expect(try await api.system.count(kept) == 0)
    }

    @Test("While it is under way another instance refuses it; killed in the midst of it, it was never begun")
    func killed() async throws {
      let api = try await SharedSystem.api()
      let doomed = try await api.system.startAPI()
      let externalID = Name.externalID()
      let body = try JSON.bytes(["externalId": externalID, "title": "once"])
      let headers = ["Content-Type": "application/json", "Idempotency-Key": externalID]
      // Holds the external id, so that whoever creates it waits.
      let holder = try ChildProcess(
        PostgresPrograms.path("psql"),
        [
          "--no-psqlrc", "-q", api.system.databaseURL, "-c",
          "BEGIN; INSERT INTO conversations (external_id) VALUES ('\(externalID)'); SELECT pg_sleep(60); ROLLBACK",
        ])
      defer { holder.kill() }
      let sleeping =
        "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%\(externalID)%' "
        + "AND wait_event = 'PgSleep'"
      #expect(try await eventually { try await api.system.count("SELECT count(*) \(sleeping)") == 1 })
      let first = Task {
        try await doomed.service.send("POST", "/conversations", headers, body: body, within: .seconds(60))
      }
      let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE (SELECT pid \(sleeping)) = ANY (pg_blocking_pids(pid))"
      #expect(try await eventually { try await api.system.count(waiting) == 1 })
      let refused = try await api.service.send("POST", "/conversations", headers, body: body)
      expectProblem(refused, 409, code: "request_in_progress")
      #expect(refused.field("Retry-After") == "1")
      doomed.program.process.kill()
      // Cut off by the death, or, on a starved machine, by its own deadline before.
      if let answer = try? await first.value { expectProblem(answer, 504) }
      // Postgres notices the death when the statement comes to its end.
      _ = try await api.system.rows("SELECT pg_terminate_backend(pid) \(sleeping)")
      let answer = try await poll(within: .seconds(20)) {
        let answer = try await api.service.send("POST", "/conversations", headers, body: body)
        return answer.status == 409 ? nil : answer
      }
      let created = try #require(answer)
      #expect((created.status, created.field("Idempotent-Replayed")) == (201, nil))
      let count = "SELECT count(*) FROM conversations WHERE external_id = '\(externalID)'"
      #expect(try await api.system.count(count) == 1)
    }

    private func create(
      _ client: Client, title: String, key: String
    ) async throws -> Answer {
      try await client.send(
        "POST", "/conversations", ["Content-Type": "application/json", "Idempotency-Key": key],
        body: try JSON.bytes(["title": title]))
    }
  }
}

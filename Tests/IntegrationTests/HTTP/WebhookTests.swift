import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport
import Testing

extension Integration {
  @Suite("POST /webhooks/tavus")
  struct WebhookTests {
    @Test(
      "Without the right token nothing is looked at: 401",
      arguments: ["", "wrong", "integration-webhook-toke"])
    func unauthorized(_ token: String) async throws {
      let api = try await SharedSystem.api()
      let before = try await api.system.queuedEvents()
      let event = try ProviderEvent.transcript(Name.externalID(), ["x"])
      for body in [event, Data("{".utf8), Data(repeating: 32, count: 6 << 20)] {
        let answer = try await api.post(body, token: token)
        expectProblem(answer, 401)
      }
      let none = try await api.anonymous.send("POST", "/webhooks/tavus", body: event)
      expectProblem(none, 401)
      // A user's or a service's token is no webhook token.
      expectProblem(try await api.service.send("POST", "/webhooks/tavus", body: event), 401)
      #expect(try await api.system.queuedEvents() == before)
    }

    @Test("Several tokens count at once; with WEBHOOK_AUTH=none none is wanted")
    func rotation() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["WEBHOOK_TOKENS": "old-webhook-token, new-webhook-token"])
        for token in ["old-webhook-token", "new-webhook-token"] {
          #expect(try await api.post(try ProviderEvent.transcript(token, []), token: token).status == 202)
        }
        expectProblem(
          try await api.post(
            try ProviderEvent.transcript("x", []), token: "old-webhook-token,%20new-webhook-token"), 401)
        let open = try await system.startAPI(["WEBHOOK_AUTH": "none"])
        let event = try ProviderEvent.transcript("open", [])
        #expect(try await open.anonymous.send("POST", "/webhooks/tavus", body: event).status == 202)
      }
    }

    @Test("The same bytes again are a duplicate: 202, before and after they are applied, by any instance")
    func duplicate() async throws {
      try await LocalSystem.run { system in
        let (first, second) = (try await system.startAPI(), try await system.startAPI())
        let event = try ProviderEvent.transcript("twice", ["once"])
        let id = LocalSystem.eventID(of: event)
        #expect(try await first.post(event).text == #"{"eventId":"\#(id)","status":"queued"}"#)
        #expect(try await second.post(event).text == #"{"eventId":"\#(id)","status":"duplicate"}"#)
        try await system.startWorker()
        try await system.waitUntilSettled(event)
        let again = try await first.post(event)
        #expect((again.status, again.text) == (202, #"{"eventId":"\#(id)","status":"duplicate"}"#))
        #expect(try await system.count("SELECT count(*) FROM webhook_events") == 1)
        #expect(try await system.queueDepth() == 0)
      }
    }

    @Test("Other query parameters are ignored; neither content type nor headers change the event's id")
    func parameters() async throws {
      let api = try await SharedSystem.api()
      let event = try ProviderEvent.transcript(Name.externalID(), ["x"])
      let path = "/webhooks/tavus?source=tavus&token=\(api.system.webhookToken)&x=%ff"
      let answer = try await api.anonymous.send(
        "POST", path, ["webhook-id": "evt_1", "Content-Type": "text/plain"], body: event)
      #expect(answer.status == 202)
      #expect(try answer.object()["eventId"] as? String == LocalSystem.eventID(of: event))
    }

    @Test("Bodies up to five mebibytes are taken, larger ones are a 413")
    func size() async throws {
      let api = try await SharedSystem.api()
      func body(_ count: Int) throws -> Data {
        let event = try ProviderEvent.make("application.large_test", Name.externalID())
        return event + Data(repeating: UInt8(ascii: " "), count: count - event.count)
      }
      #expect(try await api.post(try body(5 << 20)).status == 202)
      expectProblem(try await api.post(try body(5 << 20 + 1)), 413)
      let pieces = AsyncStream<ByteBuffer> { continuation in
        for _ in 0..<96 { continuation.yield(ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 16)) }
        continuation.finish()
      }
      let answer = try await api.anonymous.send(
        "POST", "/webhooks/tavus?token=\(api.system.webhookToken)", [:],
        body: HTTPClientRequest.Body.stream(pieces, length: .unknown))
      expectProblem(answer, 413)
    }

    @Test(
      "Above the queue's depth limit the intake says 503 and when to come back, and takes duplicates still")
    func full() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["QUEUE_MAX_DEPTH": "2"])
        let events = try (0..<3).map { try ProviderEvent.transcript("full-\($0)", []) }
        try await api.accept(Array(events[..<2]))
        let answer = try await api.post(events[2])
        expectProblem(answer, 503)
        #expect((answer.field("Retry-After").flatMap { Int($0) } ?? 0) > 0)
        #expect(try await api.post(events[0]).status == 202)
        try await system.startWorker()
        try await system.waitUntilQueueIsEmpty(within: .seconds(10))
        try await api.accept([events[2]])
      }
    }

    @Test("The callback URL with its token is in no store and no log")
    func callbackURL() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["LOG_LEVEL": "trace"])
        let event = try ProviderEvent.transcript("secretive", ["x"])
        try await api.accept([event])
        let stored = try await system.ask(
          system.queueRedis, "HGET", "webhooks:{0}:event:\(LocalSystem.eventID(of: event))", "payload")
        #expect(stored.joined().contains("secretive"))
        #expect(!stored.joined().contains("must-not-be-kept"))
        let worker = try await system.startWorker(["LOG_LEVEL": "trace"])
        try await system.waitUntilSettled(event)
        for line in api.program.process.lines + worker.process.lines {
          #expect(!line.contains("must-not-be-kept") && !line.contains(system.webhookToken), "\(line)")
          #expect(!line.contains(system.jwtSecret) && !line.contains("correct-horse"), "\(line)")
        }
      }
    }
  }
}

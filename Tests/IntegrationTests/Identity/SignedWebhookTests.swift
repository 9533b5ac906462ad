import Foundation
import TestSupport
import Testing

extension Integration {
  /// The signer is the Python library of Standard Webhooks.
  @Suite("Signed webhooks")
  struct SignedWebhookTests {
    private static let secret = "whsec_\(Data((0..<32).map { UInt8($0) }).base64EncodedString())"
    private static let next = "whsec_\(Data((0..<48).map { UInt8($0) }).base64EncodedString())"

    @Test(
      "What the library signs is taken under its id, by the old secret and the new; anything else is a 401")
    func signed() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": "\(Self.secret),\(Self.next)",
          "WEBHOOK_TOKENS": "",
        ])
        let event = try ProviderEvent.transcript("signed", ["Straße ✓"])
        let headers = try await Self.sign(event, id: "msg_1")
        let first = try await api.anonymous.send("POST", "/webhooks/tavus", headers, body: event)
        #expect(first.status == 202)
        #expect(first.text == #"{"eventId":"msg_1","status":"queued"}"#)
        let rotated = try await Self.sign(event, id: "msg_1", secret: Self.next)
        let second = try await api.anonymous.send("POST", "/webhooks/tavus", rotated, body: event)
        #expect(second.text == #"{"eventId":"msg_1","status":"duplicate"}"#)
        let other = try await Self.sign(event, id: "msg_2")
        #expect(try await api.anonymous.send("POST", "/webhooks/tavus", other, body: event).status == 202)
        try await Self.expectRefusals(api, event, headers)
        #expect(try await system.queuedEvents() == 2)
      }
    }

    private static func expectRefusals(_ api: API, _ event: Data, _ headers: [String: String]) async throws {
      let strange = try await sign(
        event, id: "msg_1", secret: "whsec_\(Data(count: 32).base64EncodedString())")
      let late = try await sign(event, id: "msg_1", age: 302)
      let early = try await sign(event, id: "msg_1", age: -302)
      var refused = [strange, late, early, [:]]
      for name in headers.keys { refused.append(headers.filter { $0.key != name }) }
      refused.append(headers.merging(["webhook-id": "msg_3"]) { $1 })
      for headers in refused {
        let answer = try await api.anonymous.send("POST", "/webhooks/tavus", headers, body: event)
        expectProblem(answer, 401)
      }
      let tampered = event + Data(" ".utf8)
      expectProblem(try await api.anonymous.send("POST", "/webhooks/tavus", headers, body: tampered), 401)
      // The token is another mode's.
      let path = "/webhooks/tavus?token=\(api.system.webhookToken)"
      expectProblem(try await api.anonymous.send("POST", path, body: event), 401)
    }

    @Test(
      "A signed id that cannot be one is a 400, unsigned it is a 401; signed nonsense is told what is wrong with it"
    )
    func contents() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI([
          "WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": Self.secret,
        ])
        let event = try ProviderEvent.transcript("odd", [])
        for id in ["msg 1", "msg:1", String(repeating: "x", count: 129)] {
          let headers = try await Self.sign(event, id: id)
          expectProblem(
            try await api.anonymous.send("POST", "/webhooks/tavus", headers, body: event), 400,
            code: "invalid_webhook_id")
          let unsigned = headers.merging(["webhook-signature": "v1,AAAA"]) { $1 }
          expectProblem(try await api.anonymous.send("POST", "/webhooks/tavus", unsigned, body: event), 401)
        }
        for (body, status) in [("{", 400), ("[]", 422)] {
          let headers = try await Self.sign(Data(body.utf8), id: "msg_1")
          let answer = try await api.anonymous.send("POST", "/webhooks/tavus", headers, body: Data(body.utf8))
          expectProblem(answer, status)
        }
        #expect(try await system.queuedEvents() == 0)
      }
    }

    @Test("Secrets that are none are a bad setting: 78, and not echoed")
    func settings() async throws {
      for secrets in ["", "plain-secret", "\(Self.secret),whsec_c2hvcnQtc2VjcmV0"] {
        let end = try await run(
          .api, [],
          [
            "WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": secrets,
            "DATABASE_URL": "postgresql://127.0.0.1:1/x", "JWT_SECRET": String(repeating: "s", count: 32),
          ])
        #expect(end.code == 78)
        #expect(end.text.contains("WEBHOOK_SIGNING_SECRETS:"))
        #expect(!end.text.contains("-secret") && !end.text.contains("c2hvcnQ"))
      }
    }

    /// - Parameter age: seconds since it was signed.
    private static func sign(
      _ body: Data, id: String, secret: String = secret, age: Int = 0
    ) async throws -> [String: String] {
      let file = "\(try TemporaryFolder.create("webhook"))/body"
      try body.write(to: URL(fileURLWithPath: file))
      let program = """
        import datetime, sys
        from standardwebhooks.webhooks import Webhook
        secret, id, age, path = sys.argv[1:]
        now = datetime.datetime.now(tz=datetime.timezone.utc) - datetime.timedelta(seconds=int(age))
        signature = Webhook(secret).sign(id, now, open(path, "rb").read().decode())
        print(int(now.timestamp()))
        print(signature)
        """
      let lines = try await PythonTools.run(["-c", program, secret, id, String(age), file])
      guard lines.count == 2 else { throw IntegrationError("no signature: \(lines)") }
      return ["webhook-id": id, "webhook-timestamp": lines[0], "webhook-signature": lines[1]]
    }
  }
}

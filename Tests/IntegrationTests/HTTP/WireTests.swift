import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("On the wire", .timeLimit(.minutes(2)))
  struct WireTests {
    @Test("What is no request is a problem, and the server goes on serving")
    func malformed() async throws {
      let api = try await SharedSystem.api()
      for (text, status) in [
        ("nonsense\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505), ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
      ] {
        try await RawConnection.open(to: api) { connection in
          try await connection.send(text)
          let answer = try await connection.rest()
          #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("application/problem+json"))
        }
      }
      #expect(try await api.anonymous.get("/health/live").status == 200)
      #expect(
        try await api.anonymous.get("/metrics").text.contains(
          #"freshet_api_refusals_total{code="target_too_long"}"#))
    }

    @Test(
      "A length beyond all numbers is a 413 before any of it has come",
      arguments: ["/conversations", "/webhooks/tavus"], ["9223372036854775808", "18446744073709551615"])
    func lengthOfEverything(_ path: String, length: String) async throws {
      let api = try await SharedSystem.api()
      let query = path.hasPrefix("/webhooks") ? "?token=\(api.system.webhookToken)" : ""
      try await RawConnection.open(to: api) { connection in
        let start = ContinuousClock.now
        try await connection.send(
          head("POST", path + query, api)
            + "Content-Type: application/json\r\nContent-Length: \(length)\r\n\r\n")
        let answer = try await connection.rest()
        #expect(answer.hasPrefix("HTTP/1.1 413 ") && ContinuousClock.now - start < .seconds(8), "\(answer)")
      }
    }

    @Test(
      "A body beyond the limit is a 413 that reaches a client which sends all of it before it reads",
      arguments: ["/conversations", "/webhooks/tavus"], [false, true])
    func tooLarge(_ path: String, isChunked: Bool) async throws {
      let api = try await SharedSystem.api()
      let piece = String(repeating: "x", count: 64 << 10)
      try await RawConnection.open(to: api) { connection in
        let query = path.hasPrefix("/webhooks") ? "?token=\(api.system.webhookToken)" : ""
        try await connection.send(
          head("POST", path + query, api) + "Content-Type: application/json\r\n"
            + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(10 << 20)\r\n\r\n"))
        for _ in 0..<160 {
          try await connection.send(isChunked ? "10000\r\n\(piece)\r\n" : piece)
        }
        if isChunked { try await connection.send("0\r\n\r\n") }
        let answer = try await connection.rest()
        #expect(
          answer.hasPrefix("HTTP/1.1 413 ") && answer.contains(#""code":"body_too_large""#), "\(answer)")
        #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
      }
    }

    @Test(
      "Heads and bodies that do not go on are a 408 after ten seconds; what is left open costs others nothing"
    )
    func slow() async throws {
      let api = try await SharedSystem.api()
      let start = ContinuousClock.now
      let slow = try await concurrentlyOpen(30, to: api) { index in
        index.isMultiple(of: 2)
          ? "GET /conversations HTTP/1.1\r\nHost: a\r\nX-"
          : head("POST", "/conversations", api)
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
      }
      #expect(try await api.client(Name.user()).get("/conversations").status == 200)
      for connection in slow {
        let answer = try await connection.rest(within: .seconds(30))
        #expect(
          answer.hasPrefix("HTTP/1.1 408 ") && answer.contains(#""code":"request_timeout""#), "\(answer)")
        connection.close()
      }
      #expect((.seconds(9) ..< .seconds(25)).contains(ContinuousClock.now - start))
    }

    @Test("Pipelined requests are answered in order, also when the client has closed its half")
    func pipelined() async throws {
      let api = try await SharedSystem.api()
      try await RawConnection.open(to: api) { connection in
        let requests = (0..<20).map { "GET /nothing/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
        try await connection.send(requests.joined())
        try await connection.finishSending()
        let instances = try await connection.rest().matches(of: /"instance":"\/nothing\/([0-9]+)"/).map {
          Int($0.1)
        }
        #expect(instances == Array(0..<20))
      }
    }

    @Test("A client that closed its half and reads slowly gets all of a large answer")
    func halfClosed() async throws {
      let api = try await SharedSystem.api()
      let external = Name.externalID()
      let owner = Name.user()
      let conversation = try await api.register(external, owner: owner)
      let event = try ProviderEvent.transcript(
        external, Array(repeating: String(repeating: "x", count: 100_000), count: 50))
      try await api.acceptInTheEnd([event])
      try await api.system.waitUntilSettled(event)
      try await RawConnection.open(to: api) { connection in
        try await connection.pauseReading()
        try await connection.send(
          head("GET", "/conversations/\(conversation.id)/messages", api, as: owner) + "\r\n")
        try await connection.finishSending()
        try await Task.sleep(for: .seconds(1))
        try await connection.resumeReading()
        #expect(try await connection.rest().utf8.count > 5_000_000)
      }
    }

    @Test("100 Continue invites a body that somebody wants; who is refused by the head is told at once")
    func expectation() async throws {
      let api = try await SharedSystem.api()
      let fields = "Content-Type: application/json\r\nContent-Length: 13\r\nExpect: 100-continue\r\n\r\n"
      try await RawConnection.open(to: api) { connection in
        try await connection.send(head("POST", "/conversations", api) + fields)
        #expect(try await connection.wait(for: "HTTP/1.1 100 Continue\r\n\r\n"))
        try await connection.send(#"{"title":"x"}"#)
        #expect(try await connection.wait(for: "HTTP/1.1 201 "))
        #expect(!connection.isEnded)
      }
      try await RawConnection.open(to: api) { connection in
        try await connection.send("POST /conversations HTTP/1.1\r\nHost: a\r\n" + fields)
        #expect(try await connection.rest().hasPrefix("HTTP/1.1 401 "))
      }
    }

    @Test("HTTP/1.0 is answered and closed; absolute targets and OPTIONS * are understood")
    func forms() async throws {
      let api = try await SharedSystem.api()
      for (request, status, isLast) in [
        ("GET /health/live HTTP/1.0\r\n\r\n", 200, true),
        ("GET http://elsewhere.example/health/live?x HTTP/1.1\r\nHost: a\r\n\r\n", 200, false),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, false),
        ("GET //health/live HTTP/1.1\r\nHost: a\r\n\r\n", 404, false),
        ("GET /health//live HTTP/1.1\r\nHost: a\r\n\r\n", 404, false),
        ("GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", 200, true),
        ("GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200, true),
      ] {
        try await RawConnection.open(to: api) { connection in
          try await connection.send(request)
          #expect(try await connection.wait(for: "HTTP/1.1 \(status) "), "\(request)\(connection.received)")
          if isLast {
            #expect(try await connection.rest().lowercased().contains("\r\nconnection: close\r\n"))
          } else {
            try await connection.send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.wait(for: #"{"status":"ok"}"#), "\(request)")
          }
        }
      }
    }

    @Test("Who takes no JSON gets a 406, a packed body is a 415, and authentication comes first")
    func negotiation() async throws {
      let api = try await SharedSystem.api()
      let client = api.client(Name.user())
      for path in ["/conversations", "/users/x/messages"] {
        let refused = try await client.get(path, ["Accept": "text/html, application/json;q=0"])
        expectProblem(refused, 406, code: "not_acceptable")
        #expect(refused.field("Vary") == "Accept")
        expectProblem(try await api.anonymous.get(path, ["Accept": "text/html"]), 401)
      }
      #expect(try await client.get("/conversations", ["Accept": "text/html, */*;q=0.1"]).status == 200)
      let body = Data("{}".utf8)
      let packed = ["Content-Type": "application/json", "Content-Encoding": "gzip"]
      let answer = try await client.send("POST", "/conversations", packed, body: body)
      expectProblem(answer, 415, code: "unsupported_content_coding")
      #expect(answer.field("Accept-Encoding") == "identity")
      let webhook = try await api.anonymous.send(
        "POST", "/webhooks/tavus?token=\(api.system.webhookToken)", packed, body: body)
      expectProblem(webhook, 415)
      let unpacked = packed.merging(["Content-Encoding": "identity"]) { $1 }
      #expect(try await client.send("POST", "/conversations", unpacked, body: body).status == 201)
    }
  }
}

/// A request's head without its last line, as `user`.
private func head(_ method: String, _ path: String, _ api: API, as user: String = "wire") -> String {
  "\(method) \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(Token.valid(for: user, secret: api.system.jwtSecret))\r\n"
}

/// So many connections that have sent something.
private func concurrentlyOpen(
  _ count: Int, to api: API, _ text: (Int) -> String
) async throws -> [RawConnection] {
  var connections: [RawConnection] = []
  for index in 0..<count {
    let connection = try await RawConnection.connect(to: api)
    try await connection.send(text(index))
    connections.append(connection)
  }
  return connections
}

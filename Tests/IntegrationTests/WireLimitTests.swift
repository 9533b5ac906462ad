import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Deadlines, drains and full houses", .timeLimit(.minutes(2)))
  struct WireLimitTests {
    private static let alive = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
      "A request that Postgres holds up is a 504 after five seconds; one whose client vanished ends at once")
    func deadline() async throws {
      try await LocalSystem.run(ownPostgres: true) { system in
        let api = try await system.startAPI()
        let client = api.client("owner")
        let conversation = try await client.post("/conversations", ["title": "x"]).decoded(
          ConversationBody.self)
        system.postgres.pause()
        let start = ContinuousClock.now
        async let patch = client.patch("/conversations/\(conversation.id)", ["title": "y"])
        async let list = client.get("/conversations?limit=7")
        let gone = try await RawConnection.connect(to: api)
        let token = Token.valid(for: "vanishing", secret: system.jwtSecret)
        try await gone.send(
          "GET /conversations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n")
        // It has no answer to lose: it is at Postgres, or about to be.
        try await Task.sleep(for: .milliseconds(300))
        try await gone.reset()
        let count = #"freshet_api_requests_total{method="GET",route="/conversations",status="499"} 1"#
        #expect(
          try await eventually(within: .seconds(3)) {
            try await api.anonymous.get("/metrics").text.contains(count)
          })
        for answer in try await [patch, list] { expectProblem(answer, 504, code: "deadline_exceeded") }
        #expect((.milliseconds(4500) ..< .milliseconds(7500)).contains(ContinuousClock.now - start))
        system.postgres.resume()
        #expect(
          try await eventually {
            try await client.patch("/conversations/\(conversation.id)", ["title": "z"]).status == 200
          })
      }
    }

    @Test(
      "While it drains answers say goodbye; idle connections are closed, who waits is answered, and it ends with 0"
    )
    func drain() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["SHUTDOWN_DRAIN_SECONDS": "1"])
        let (idle, used) = (
          try await RawConnection.connect(to: api), try await RawConnection.connect(to: api)
        )
        for connection in [idle, used] {
          try await connection.send(Self.alive)
          #expect(try await connection.wait(for: #"{"status":"ok"}"#))
        }
        let sending = try await RawConnection.connect(to: api)
        let token = Token.valid(for: "owner", secret: system.jwtSecret)
        try await sending.send(
          "POST /conversations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
            + "Content-Length: 13\r\n\r\n{")
        api.program.process.terminate()
        #expect(try await eventually { try await api.anonymous.get("/health/ready").status == 503 })
        try await used.send(Self.alive)
        #expect(try await used.rest().contains("\r\nConnection: close\r\n"))
        #expect(try await !idle.rest().contains("\r\nConnection: close\r\n"))
        #expect(api.program.process.isRunning)
        try await sending.send(#""title":"x"}"#)
        let answer = try await sending.rest()
        #expect(answer.hasPrefix("HTTP/1.1 201 ") && answer.contains("\r\nConnection: close\r\n"))
        for connection in [idle, used, sending] { connection.close() }
        #expect(try await api.program.process.wait(within: .seconds(5)) == .code(0))
      }
    }

    @Test(
      "More connections than the process can hold wait their turn; it survives, and serves again when they go"
    )
    func fullHouse() async throws {
      try await LocalSystem.run { system in
        let port = FreePort.next()
        let process = try ChildProcess(
          "/bin/sh", ["-c", "ulimit -n 120 && exec \"$0\"", try Installation.build.path(.api)],
          environment: system.environment(["PORT": String(port)]),
          folder: try TemporaryFolder.create("program"))
        defer { process.kill() }
        let api = API(
          program: RunningProgram(process: process, base: "http://127.0.0.1:\(port)"), system: system)
        try await process.waitForLine(containing: "listening")
        #expect(try await eventually { await api.program.isReady() })
        var crowd: [RawConnection] = []
        for _ in 0..<200 { crowd.append(try await RawConnection.connect(to: api)) }
        try await crowd[0].send(Self.alive)
        #expect(try await crowd[0].wait(for: "HTTP/1.1 200 "))
        let late = try await RawConnection.connect(to: api)
        try await late.send(Self.alive)
        for connection in crowd { connection.close() }
        #expect(try await late.wait(for: "HTTP/1.1 200 "))
        late.close()
        #expect(try await api.client("owner").get("/conversations").status == 200)
        #expect(process.isRunning)
      }
    }

    @Test("Pages of listed origins may ask and read; preflights need no token; others are told nothing")
    func crossOrigin() async throws {
      let system = try await SharedSystem.api().system
      let page = "https://app.example.com"
      let api = try await system.startAPI(["CORS_ORIGINS": "\(page),http://localhost:3000"])
      let asking = ["Origin": page, "Access-Control-Request-Method": "PATCH"]
      let preflight = try await api.anonymous.send("OPTIONS", "/conversations/x", asking)
      #expect(
        preflight.status == 204 && preflight.field("Access-Control-Allow-Origin") == page, "\(preflight)")
      #expect(preflight.field("Access-Control-Allow-Methods")?.contains("PATCH") == true)
      #expect(preflight.field("Access-Control-Allow-Headers")?.contains("Authorization") == true)
      #expect(preflight.field("Vary") == "Origin")
      let answer = try await api.client(Name.user()).get("/conversations", ["Origin": page])
      #expect(answer.field("Access-Control-Allow-Origin") == page)
      #expect(answer.field("Access-Control-Expose-Headers")?.contains("ETag") == true)
      #expect(answer.field("Vary") == "Authorization, Accept-Encoding, Origin")
      let refused = try await api.anonymous.get("/conversations", ["Origin": page])
      expectProblem(refused, 401)
      #expect(refused.field("Access-Control-Allow-Origin") == page)
      let stranger = try await api.anonymous.send(
        "OPTIONS", "/conversations", ["Origin": "https://evil.example"])
      #expect(stranger.field("Access-Control-Allow-Origin") == nil && stranger.field("Vary") == "Origin")
      let without = try await SharedSystem.api().client(Name.user()).get("/conversations", ["Origin": page])
      #expect(without.field("Access-Control-Allow-Origin") == nil)
      #expect(without.field("Vary") == "Authorization, Accept-Encoding")
    }
  }
}

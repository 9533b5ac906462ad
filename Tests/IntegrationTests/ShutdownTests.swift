import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport
import Testing

extension Integration {
  @Suite("An orderly end")
  struct ShutdownTests {
    @Test(
      "While an API drains it says so and still answers; a request in flight is finished; then it ends with 0"
    )
    func api() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["SHUTDOWN_DRAIN_SECONDS": "2"])
        let owner = api.client("owner")
        #expect(try await owner.get("/conversations").status == 200)
        let (body, rest) = AsyncStream.makeStream(of: ByteBuffer.self)
        rest.yield(ByteBuffer(string: #"{"title":"#))
        async let inFlight = owner.send(
          "POST", "/conversations", ["Content-Type": "application/json"],
          body: HTTPClientRequest.Body.stream(body, length: .unknown))

        let start = ContinuousClock.now
        api.program.process.terminate()
        #expect(try await eventually { try await api.anonymous.get("/health/ready").status == 503 })
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(try await api.anonymous.get("/health/live").status == 200)
        #expect(try await owner.get("/conversations").status == 200)

        // The listener is closed after the drain; the body then ends.
        #expect(try await eventually { await api.refusesConnections() })
        #expect(ContinuousClock.now - start >= .seconds(2))
        #expect(api.program.process.isRunning)
        rest.yield(ByteBuffer(string: #""in flight"}"#))
        rest.finish()
        let answer = try await inFlight
        #expect(answer.status == 201, "\(answer)")
        #expect(try await api.program.process.wait(within: .seconds(12)) == .code(0))
        #expect(try await system.count("SELECT count(*) FROM conversations WHERE title = 'in flight'") == 1)
      }
    }

    @Test("An API with a connection that never finishes its request ends with 0 after ten seconds at most")
    func stuckRequest() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let (body, rest) = AsyncStream.makeStream(of: ByteBuffer.self)
        rest.yield(ByteBuffer(string: "{"))
        async let stuck = api.client("owner").send(
          "POST", "/conversations", ["Content-Type": "application/json"],
          body: HTTPClientRequest.Body.stream(body, length: .unknown))
        #expect(try await api.client("owner").get("/conversations").status == 200)
        api.program.process.terminate()
        #expect(try await api.program.process.wait(within: .seconds(12)) == .code(0))
        rest.finish()
        _ = try? await stuck
      }
    }

    @Test("Idle programs end with 0 at SIGTERM and at SIGINT", arguments: [SIGTERM, SIGINT])
    func idle(_ signal: Int32) async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        let worker = try await system.startWorker()
        for program in [api.program, worker] {
          let linesBefore = program.process.lines.count
          program.process.signal(signal)
          #expect(try await program.process.wait(within: .seconds(5)) == .code(0))
          try await program.process.waitForOutputEnd()
          let farewell = program.process.lines.dropFirst(linesBefore)
          #expect(!farewell.contains { $0.contains(#""level":"error""#) }, "\(farewell)")
        }
      }
    }

    @Test("While a worker drains it says so; then it ends with 0")
    func worker() async throws {
      try await LocalSystem.run { system in
        let worker = try await system.startWorker(["SHUTDOWN_DRAIN_SECONDS": "2"])
        worker.process.terminate()
        let client = Client(base: worker.base)
        #expect(
          try await eventually(within: .seconds(2)) { try await client.get("/health/ready").status == 503 })
        #expect(try await client.get("/health/live").status == 200)
        #expect(try await worker.process.wait(within: .seconds(10)) == .code(0))
      }
    }

    @Test("A worker whose Postgres is frozen gives its events back and ends with 0 in time")
    func workerWithFrozenPostgres() async throws {
      try await LocalSystem.run(ownPostgres: true) { system in
        let api = try await system.startAPI()
        let worker = try await system.startWorker()
        system.postgres.pause()
        let event = try ProviderEvent.transcript("frozen", ["Hello?"])
        try await api.accept([event])
        let held = "webhooks:{0}:lease"
        #expect(try await eventually { try await system.ask(system.queueRedis, "HLEN", held) == ["1"] })
        worker.process.terminate()
        #expect(try await worker.process.wait(within: .seconds(25)) == .code(0))
        #expect(try await system.ask(system.queueRedis, "HLEN", held) == ["0"])
        #expect(try await system.queueDepth() == 1)
        system.postgres.resume()
        try await system.startWorker()
        try await system.waitUntilSettled(event)
      }
    }
  }
}

extension API {
  /// Whether nobody listens any more.
  fileprivate func refusesConnections() async -> Bool {
    do {
      _ = try await anonymous.send("GET", "/health/live", ["Connection": "close"], within: .seconds(2))
      return false
    } catch { return true }
  }
}

import Logging
import NIOConcurrencyHelpers
import NIOCore
import Redis
import ServiceLifecycle
import Telemetry
import TestSupport
import Testing

@Suite("The client, when things go wrong")
struct RedisClientFaultTests {
  private static let scripted = RedisCommand("GET", "k")

  // MARK: Deadlines and cancellation

  @Test("drops late replies in order, and the connection survives")
  func lateReply() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      try await client.withDedicatedConnection { connection async throws in
        let before = try await connection.execute(RedisCommand("CLIENT", "ID"))
        server.pause()
        let error = await #expect(throws: RedisError.self) {
          try await connection.execute(RedisCommand("ECHO", "late"), timeout: .milliseconds(20))
        }
        #expect(error?.code == .timedOut)
        await #expect(throws: RedisError.self) {
          try await connection.pipeline(
            [RedisCommand("ECHO", "later"), RedisCommand("ECHO", "latest")], timeout: .milliseconds(20))
        }
        server.resume()
        #expect(try await connection.execute(RedisCommand("ECHO", "mine")).string == "mine")
        #expect(try await connection.execute(RedisCommand("CLIENT", "ID")) == before)
      }
    }
    try await server.stop()
  }

  @Test("times a command out at its own deadline, not at a later one's")
  func deadlines() async throws {
    try await withScriptedServer({ _, _ in .nothing }) { server async throws in
      try await withClient(server.url) { client async throws in
        let start = ContinuousClock.now
        let patient = Task { try await client.execute(Self.scripted, timeout: .seconds(30)) }
        let error = await #expect(throws: RedisError.self) {
          try await client.execute(Self.scripted, timeout: .milliseconds(20))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.outcomeIsUnknown == true)
        #expect(ContinuousClock.now - start < .seconds(10))
        patient.cancel()
      }
    }
  }

  @Test("does not hold against a server how many it serves before")
  func crowd() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      try await client.withDedicatedConnection { connection async throws in
        let slow = RedisScript(
          name: "slow",
          source: """
            local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
            local start = now()
            while now() - start < 500 do end
            """)
        _ = try await connection.evaluate(slow, keys: [], arguments: [], timeout: .seconds(10))
        // It replies once for all that it has read at once: that these are not many.
        let ballast = RedisArgument(String(repeating: "x", count: 4000))
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<400 {
            group.addTask {
              _ = try await connection.evaluate(
                slow, keys: [], arguments: [ballast], timeout: .milliseconds(50))
            }
          }
          try await group.waitForAll()
        }
      }
    }
    try await server.stop()
  }

  @Test("answers a cancelled caller at once and keeps its place in line")
  func cancellation() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      try await client.withDedicatedConnection { connection async throws in
        let blocked = Task {
          try await connection.execute(RedisCommand("BLPOP", "cancelled:list", 0), timeout: .seconds(60))
        }
        #expect(
          try await eventually {
            try await client.execute(RedisCommand("CLIENT", "LIST")).string?.contains("cmd=blpop") == true
          })
        blocked.cancel()
        let error = await #expect(throws: RedisError.self) { try await blocked.value }
        #expect(error?.code == .cancelled)
        _ = try await client.execute(RedisCommand("RPUSH", "cancelled:list", "lost"))
        #expect(try await connection.execute(RedisCommand("ECHO", "mine")).string == "mine")
      }
    }
    try await server.stop()
  }

  @Test("sends nothing for a caller that was cancelled before")
  func cancelledBefore() async throws {
    try await withScriptedServer({ _, _ in .bytes("+OK\r\n") }) { server async throws in
      try await withClient(server.url) { client async throws in
        let task = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return try await client.execute(RedisCommand("DEL", "precious"))
        }
        let error = await #expect(throws: RedisError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        _ = try await client.execute(Self.scripted)
        #expect(server.commands == [["GET", "k"]])
      }
    }
  }

  @Test("refuses commands beyond the bound on those in flight")
  func bound() async throws {
    try await withScriptedServer({ _, _ in .nothing }) { server async throws in
      var settings = RedisClientSettings.test
      settings.maximumCommandsInFlight = 3
      try await withClient(server.url, settings) { client async throws in
        try await client.withDedicatedConnection { connection async throws in
          let three = Task {
            try await connection.pipeline([Self.scripted, Self.scripted, Self.scripted])
          }
          #expect(try await eventually { server.commands.count == 3 })
          let error = await #expect(throws: RedisError.self) { try await connection.execute(Self.scripted) }
          #expect(error?.code == .tooManyCommands)
          #expect(server.commands.count == 3)
          three.cancel()
        }
      }
    }
  }

  // MARK: A peer that misbehaves

  @Test(
    "tells everybody who waits when the connection ends in an answer",
    arguments: [
      (ScriptedServer.Answer.thenClose(""), RedisError.Code.connectionLost),
      (.thenClose("$10\r\nhalf"), .connectionLost),
      (.bytes("HTTP/1.1 400 Bad Request\r\n"), .protocolViolation),
    ])
  func endOfConnection(answer: ScriptedServer.Answer, code: RedisError.Code) async throws {
    let script: ScriptedServer.Script = { command, _ in
      switch command.first {
      case "FIRST": .nothing
      case "SECOND": answer
      default: .bytes("+healthy\r\n")
      }
    }
    try await withScriptedServer(script) { server async throws in
      try await withClient(server.url) { client async throws in
        try await client.withDedicatedConnection { connection async throws in
          let error = await #expect(throws: RedisError.self) {
            try await connection.pipeline([
              RedisCommand("FIRST"), RedisCommand("SECOND"), RedisCommand("FIRST"),
            ])
          }
          #expect(error?.code == code)
          #expect(error?.outcomeIsUnknown == true)
          #expect(!connection.isOpen)
        }
        #expect(try await client.execute(RedisCommand("THIRD")).string == "healthy")
      }
    }
  }

  @Test("trusts a connection no further that sends a reply nobody asked for")
  func unexpectedReply() async throws {
    try await withScriptedServer({ _, _ in .bytes("+mine\r\n+nobody's\r\n") }) { server async throws in
      try await withClient(server.url) { client async throws in
        try await client.withDedicatedConnection { connection async throws in
          #expect(try await connection.execute(Self.scripted).string == "mine")
          #expect(try await eventually { !connection.isOpen })
        }
      }
    }
  }

  @Test("waits no longer than the request it serves, also with a timeout of its own")
  func requestDeadline() async throws {
    try await withScriptedServer({ _, _ in .nothing }) { server async throws in
      try await withClient(server.url) { client async throws in
        let start = ContinuousClock.now
        for limit in [Duration.milliseconds(50), .zero] {
          let error = await #expect(throws: RedisError.self) {
            try await RequestDeadline.within(limit) {
              try await client.execute(Self.scripted, timeout: .seconds(30))
            }
          }
          #expect(error?.code == .timedOut)
        }
        #expect(ContinuousClock.now - start < .seconds(20))
      }
    }
  }

  @Test("waits for the second half of a reply, and times out without it")
  func halfReply() async throws {
    let script: ScriptedServer.Script = { command, _ in
      command.first == "HALF" ? .bytes("$4\r\nab") : .bytes("cd\r\n+whole\r\n")
    }
    try await withScriptedServer(script) { server async throws in
      try await withClient(server.url) { client async throws in
        try await client.withDedicatedConnection { connection async throws in
          let error = await #expect(throws: RedisError.self) {
            try await connection.execute(RedisCommand("HALF"), timeout: .milliseconds(50))
          }
          #expect(error?.code == .timedOut)
          #expect(try await connection.execute(RedisCommand("REST")).string == "whole")
        }
      }
    }
  }

  @Test("replaces a connection to a server that hangs")
  func hangs() async throws {
    // Two event loops at least, so the first two connections are the first of each loop or a loop's first
    // two.
    let script: ScriptedServer.Script = { _, connection in connection <= 2 ? .nothing : .bytes("+OK\r\n") }
    try await withScriptedServer(script) { server async throws in
      var settings = RedisClientSettings.test
      settings.commandTimeout = .milliseconds(200)
      settings.unresponsiveTimeout = .milliseconds(100)
      try await withClient(server.url, settings) { client async throws in
        #expect(
          try await eventually {
            (try? await client.execute(Self.scripted)) == .status("OK")
          })
        #expect(server.connections > 2)
      }
    }
  }

  @Test("gives up on a server that accepts and says nothing")
  func silentGreeting() async throws {
    try await withScriptedServer(greets: false, { _, _ in .nothing }) { server async throws in
      var settings = RedisClientSettings.test
      settings.connectTimeout = .milliseconds(50)
      try await withRunningClient(server.url, settings) { client async throws in
        #expect(try await eventually { server.connections > 4 })
        let told = NIOLockedValueBox<RedisError?>(nil)
        #expect(
          try await eventually {
            do throws(RedisError) {
              try await client.waitUntilConnected(within: .milliseconds(10))
            } catch {
              told.withLockedValue { $0 = error }
            }
            return told.withLockedValue { $0?.detail.contains("greeting") == true }
          })
        #expect(told.withLockedValue { $0?.code } == .notConnected)
        #expect(!client.isConnected)
      }
    }
  }

  // MARK: A server that goes away

  @Test("fails at once while Redis is away, and is back by itself after its return")
  func restart() async throws {
    let server = try await RedisServer.start(persistent: true)
    try await withClient(server.url) { client async throws in
      _ = try await client.execute(RedisCommand("SET", "k", "v"))
      let name = client.serverName
      try await server.kill()
      #expect(try await eventually { !client.isConnected })
      let start = ContinuousClock.now
      let error = await #expect(throws: RedisError.self) { try await client.execute(Self.scripted) }
      #expect(error?.code == .notConnected)
      #expect(error?.isRetryable == true)
      #expect(error?.outcomeIsUnknown == false)
      #expect(ContinuousClock.now - start < .seconds(1))
      #expect(client.serverName == nil)
      try await server.restart()
      #expect(try await eventually { (try? await client.execute(Self.scripted))?.string == "v" })
      #expect(client.serverName != name)
    }
    try await server.stop()
  }

  @Test("leaves a server that takes no writes any more, and is back when it does")
  func demotion() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      let connection = try client.connection()
      _ = try await client.execute(RedisCommand("REPLICAOF", "127.0.0.1", RedisArgument(FreePort.next())))
      let error = await #expect(throws: RedisError.self) {
        try await connection.execute(RedisCommand("SET", "k", "v"))
      }
      #expect(error?.serverPrefix == "READONLY")
      #expect(try await eventually { !connection.isOpen })
      #expect(try await eventually { (try? client.connection()) != nil })
      _ = try await client.execute(RedisCommand("REPLICAOF", "NO", "ONE"))
      #expect(
        try await eventually { (try? await client.execute(RedisCommand("SET", "k", "v")))?.string == "OK" })
    }
    try await server.stop()
  }

  @Test("fails at once before it has connected")
  func neverConnected() async throws {
    let client = try RedisClient("redis://127.0.0.1:\(FreePort.next())")
    let error = await #expect(throws: RedisError.self) { try await client.execute(Self.scripted) }
    #expect(error?.code == .notConnected)
    await #expect(throws: RedisError.self) { try await client.waitUntilConnected(within: .milliseconds(10)) }
    await #expect(throws: RedisError.self) { try await client.withDedicatedConnection { _ in } }
  }

  // MARK: The end

  @Test("lets commands under way finish on a graceful shutdown, and takes no more")
  func gracefulShutdown() async throws {
    let server = try await RedisServer.start()
    let client = try RedisClient(server.url)
    let group = ServiceGroup(
      configuration: .init(services: [.init(service: client)], logger: Logger(label: "test")))
    async let running: Void = group.run()
    try await client.waitUntilConnected(within: .seconds(10))
    async let underWay = client.execute(RedisCommand("BLPOP", "list", 20), timeout: .seconds(30))
    try await client.withDedicatedConnection { connection async throws in
      #expect(
        try await eventually {
          try await connection.execute(RedisCommand("CLIENT", "LIST")).string?.contains("cmd=blpop") == true
        })
    }
    await group.triggerGracefulShutdown()
    #expect(try await eventually { !client.isConnected })
    let error = await #expect(throws: RedisError.self) { try await client.execute(Self.scripted) }
    #expect(error?.code == .shutDown)
    await #expect(throws: RedisError.self) { try await client.withDedicatedConnection { _ in } }
    try await push(server)
    #expect(try await underWay.array?.map(\.string) == ["list", "item"])
    try await running
    try await server.stop()
  }

  private func push(_ server: RedisServer) async throws {
    try await withClient(server.url) { other async throws in
      _ = try await other.execute(RedisCommand("RPUSH", "list", "item"))
    }
  }

  @Test("does not wait for a command that never ends")
  func shutdownDeadline() async throws {
    try await withScriptedServer({ _, _ in .nothing }) { server async throws in
      var settings = RedisClientSettings.test
      settings.drainTimeout = .milliseconds(50)
      let client = try RedisClient(server.url, settings)
      let group = ServiceGroup(
        configuration: .init(services: [.init(service: client)], logger: Logger(label: "test")))
      async let running: Void = group.run()
      try await client.waitUntilConnected(within: .seconds(10))
      let endless = Task { try await client.execute(Self.scripted, timeout: .seconds(60)) }
      #expect(try await eventually { server.commands.count == 1 })
      await group.triggerGracefulShutdown()
      let error = await #expect(throws: RedisError.self) { try await endless.value }
      #expect(error?.code == .connectionLost)
      try await running
    }
  }

  @Test("stops at once when cancelled, connected or not")
  func cancelledRun() async throws {
    let clients = [
      try RedisClient(try await SharedServers.redis().url),
      try RedisClient("redis://127.0.0.1:\(FreePort.next())"),
    ]
    for client in clients {
      let run = Task { try await client.run() }
      _ = try? await client.waitUntilConnected(within: .milliseconds(200))
      run.cancel()
      try await run.value
      let error = await #expect(throws: RedisError.self) { try await client.execute(Self.scripted) }
      #expect(error?.code == .shutDown)
    }
  }
}

import Foundation
import Testing

@testable import TestSupport

/// Redis is the server behind, `redis-cli` the client.
@Suite("The proxy of tests")
struct TCPProxyTests {
  private func client(_ proxy: TCPProxy, _ command: String...) throws -> ChildProcess {
    try ChildProcess("redis-cli", ["-p", String(proxy.port)] + command)
  }

  @Test("It forwards in both directions, however much")
  func forwards() async throws {
    let server = try await SharedServers.redis()
    let proxy = try await TCPProxy.start(to: server.port)
    let echo = try client(proxy, "EVAL", "return string.rep('x', 500000)", "0")
    #expect(try await echo.wait() == .code(0))
    try await echo.waitForOutputEnd()
    #expect(echo.lines.first?.count == 500_000)
    #expect(try await eventually { try await proxy.connectionCount() == 0 })
  }

  @Test("Moved to another server it cuts its connections, and new ones lead there")
  func moves() async throws {
    let first = try await SharedServers.redis()
    let second = try await RedisServer.start()
    let proxy = try await TCPProxy.start(to: first.port)
    let blocked = try client(proxy, "BLPOP", "proxy-test-moves", "0")
    #expect(try await eventually { try await proxy.connectionCount() == 1 })
    try await proxy.forward(to: second.port)
    try await blocked.waitForLine(containing: "closed the connection")
    blocked.kill()
    try await client(proxy, "CONFIG", "GET", "port").waitForLine(containing: String(second.port))
    try await second.kill()
  }

  @Test("A black hole accepts and answers nobody; when it ends, what was sent arrives late")
  func blackHole() async throws {
    let server = try await RedisServer.start()
    let proxy = try await TCPProxy.start(to: server.port)
    let known = try client(proxy, "-r", "1000", "-i", "0.01", "INCR", "known")
    try await known.waitForLine(containing: "3")
    try await proxy.blackHole()
    let new = try client(proxy, "SET", "new", "1")
    #expect(try await eventually { try await proxy.connectionCount() == 2 })
    let count = try await server.run("GET", "known")
    await #expect(throws: TestSupportError.self) { try await new.wait(within: .milliseconds(200)) }
    #expect(try await server.run("GET", "known") == count)
    #expect(try await server.run("EXISTS", "new") == ["0"])
    try await proxy.forward()
    #expect(try await new.wait() == .code(0))
    #expect(try await server.run("GET", "new") == ["1"])
    let resumed = (Int(count[0]) ?? 0) + 3
    try await known.waitForLine(containing: String(resumed))
    known.kill()
    try await server.kill()
  }

  @Test(
    "What a client sent into a black hole before it left arrives all the same, unless the connection is cut")
  func lateArrival() async throws {
    let server = try await RedisServer.start()
    let proxy = try await TCPProxy.start(to: server.port)
    for (key, isCut) in [("late", false), ("lost", true)] {
      let go = "\(try TemporaryFolder.create("go"))/go"
      let script = """
        exec 3<>/dev/tcp/127.0.0.1/\(proxy.port); echo PING >&3; head -n 1 <&3
        while [ ! -e \(go) ]; do sleep 0.01; done; echo SET \(key) 1 >&3; echo sent
        """
      let sender = try ChildProcess("bash", ["-c", script])
      try await sender.waitForLine(containing: "PONG")
      try await proxy.blackHole()
      try "".write(toFile: go, atomically: true, encoding: .utf8)
      try await sender.waitForLine(containing: "sent")
      #expect(try await sender.wait() == .code(0))
      #expect(try await server.run("EXISTS", key) == ["0"])
      if isCut { try await proxy.cut() }
      try await proxy.forward()
      #expect(try await eventually { try await proxy.connectionCount() == 0 })
      #expect(try await eventually { try await server.run("EXISTS", key) == [isCut ? "0" : "1"] })
    }
    try await server.kill()
  }

  @Test("Refusing, it has no open port; forwarding again, it has the same one")
  func refuses() async throws {
    let server = try await SharedServers.redis()
    let proxy = try await TCPProxy.start(to: server.port)
    try await proxy.refuse()
    let refused = try client(proxy, "PING")
    try await refused.waitForLine(containing: "Connection refused")
    try await proxy.forward()
    try await client(proxy, "PING").waitForLine(containing: "PONG")
  }

  @Test("With nobody behind it, it hangs up")
  func nobodyBehind() async throws {
    let proxy = try await TCPProxy.start(to: FreePort.next())
    try await client(proxy, "PING").waitForLine(containing: "closed the connection")
    #expect(try await eventually { try await proxy.connectionCount() == 0 })
  }
}

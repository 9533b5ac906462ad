import Testing

@testable import TestSupport

@Suite("Servers for tests")
struct ServersTests {
  private func redis(_ server: RedisServer, _ command: String...) async throws -> [String] {
    let client = try ChildProcess("redis-cli", ["-p", String(server.port)] + command)
    try await client.wait()
    try await client.waitForOutputEnd()
    return client.lines
  }

  private func postgres(_ url: String, _ sql: String) async throws -> [String] {
    let client = try ChildProcess(
      PostgresPrograms.path("psql"), ["--no-psqlrc", "--quiet", "-A", "-t", url, "-c", sql])
    try await client.wait()
    try await client.waitForOutputEnd()
    return client.lines
  }

  @Test("A persistent Redis keeps its data through SIGKILL and its port through a restart")
  func persistentRedis() async throws {
    let server = try await RedisServer.start(persistent: true)
    #expect(try await redis(server, "SET", "key", "value") == ["OK"])
    try await server.kill()
    #expect(server.process.exit == .signal(9))
    try await server.restart()
    #expect(try await redis(server, "GET", "key") == ["value"])
    try await server.stop()
    #expect(server.process.exit == .code(0))
  }

  @Test("A volatile Redis forgets at a restart, and options given win")
  func volatileRedis() async throws {
    let server = try await RedisServer.start(arguments: ["--maxmemory-policy", "allkeys-lfu"])
    #expect(try await redis(server, "CONFIG", "GET", "maxmemory-policy").last == "allkeys-lfu")
    #expect(try await redis(server, "SET", "key", "value") == ["OK"])
    try await server.restart()
    #expect(try await redis(server, "EXISTS", "key") == ["0"])
    try await server.stop()
  }

  @Test("A paused Redis answers nothing until it is resumed")
  func pausedRedis() async throws {
    let server = try await RedisServer.start()
    server.pause()
    let client = try ChildProcess("redis-cli", ["-p", String(server.port), "PING"])
    await #expect(throws: TestSupportError.self) { try await client.wait(within: .milliseconds(100)) }
    server.resume()
    try await client.waitForLine(containing: "PONG")
    try await server.stop()
  }

  @Test("Postgres keeps committed data through SIGKILL of all its processes")
  func postgresKill() async throws {
    let server = try await PostgresServer.start()
    let url = try await server.createDatabase()
    #expect(try await postgres(url, "CREATE TABLE t AS SELECT 7 AS n").isEmpty)
    try await server.kill()
    try await server.restart()
    #expect(try await postgres(url, "SELECT n FROM t") == ["7"])
    server.pause()
    server.resume()
    #expect(try await postgres(url, "SHOW fsync") == ["off"])
    try await server.stop()
    #expect(server.process.exit == .code(0))
  }

  @Test("Each database of the shared Postgres is empty and its own")
  func sharedPostgres() async throws {
    let server = try await SharedServers.postgres()
    let first = try await server.createDatabase()
    let second = try await server.createDatabase()
    #expect(first != second)
    #expect(try await postgres(first, "CREATE TABLE t ()").isEmpty)
    #expect(try await postgres(second, "SELECT to_regclass('t') IS NULL") == ["t"])
  }
}

import Testing

@testable import TestSupport

@Suite("Replicas for tests")
struct ReplicationTests {
  @Test("A Redis replica follows its primary, misses what a partition keeps from it, and can be promoted")
  func redis() async throws {
    let primary = try await RedisServer.start()
    _ = try await primary.run("SET", "before", "1")
    let link = try await TCPProxy.start(to: primary.port)
    let replica = try await RedisServer.startReplica(of: primary, through: link)
    #expect(try await replica.run("GET", "before") == ["1"])
    _ = try await primary.run("SET", "during", "1")
    #expect(try await eventually { try await replica.run("GET", "during") == ["1"] })
    try await link.blackHole()
    _ = try await primary.run("SET", "during", "2")
    try await replica.promote()
    try await link.forward()
    #expect(try await replica.run("GET", "during") == ["1"])
    #expect(try await replica.run("SET", "after", "1") == ["OK"])
    try await primary.follow(replica)
    #expect(try await primary.run("GET", "during") == ["1"])
    for server in [primary, replica] { try await server.kill() }
  }

  @Test("A command that Redis refuses is an error")
  func refusedCommand() async throws {
    let server = try await SharedServers.redis()
    await #expect(throws: TestSupportError.self) { try await server.run("NO-SUCH-COMMAND") }
  }

  @Test("A Postgres replica streams, and takes options of its own")
  func postgres() async throws {
    let options = ["-c", "shared_preload_libraries=pg_stat_statements"]
    let primary = try await PostgresServer.start(arguments: options)
    _ = try await primary.run("CREATE EXTENSION pg_stat_statements")
    let replica = try await PostgresServer.startReplica(of: primary, arguments: options)
    _ = try await primary.run("CREATE TABLE t AS SELECT 7 AS n")
    #expect(try await eventually { (try? await replica.run("SELECT n FROM t")) == "7" })
    #expect(try await replica.run("SELECT count(*) > 0 FROM pg_stat_statements") == "t")
    for server in [replica, primary] { try await server.kill() }
  }
}

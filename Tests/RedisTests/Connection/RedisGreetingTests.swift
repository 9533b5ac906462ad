import NIOCore
import Testing

@testable import Redis

@Suite("The greeting")
struct RedisGreetingTests {
  private func plan(_ url: String) throws -> (greeting: RedisGreeting, commands: [RedisCommand]) {
    RedisGreeting.plan(for: try RedisURL(url), clientName: "freshet")
  }

  private let information: [RedisCommand] = [
    RedisCommand("CLIENT", "SETNAME", "freshet"), RedisCommand("INFO", "server"),
    RedisCommand("INFO", "replication"),
  ]

  @Test("says no more than the URL asks for")
  func commands() throws {
    #expect(try plan("redis://h").commands == information)
    #expect(try plan("redis://:p@h/0").commands == [RedisCommand("AUTH", "p")] + information)
    #expect(
      try plan("redis://u:p@h/2").commands
        == [RedisCommand("AUTH", "u", "p"), RedisCommand("SELECT", "2")] + information)
  }

  @Test("learns the server's name")
  func serverName() throws {
    var greeting = try plan("redis://h").greeting
    #expect(greeting.replied(.status("OK")) == .next)
    #expect(greeting.replied(bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n")) == .next)
    #expect(
      greeting.replied(bulk("role:master\r\nmaster_replid:def\r\nmaster_replid2:000\r\n"))
        == .finished(serverName: "abc|def"))
  }

  @Test("goes on without a name where an ACL forbids INFO")
  func informationForbidden() throws {
    var greeting = try plan("redis://h").greeting
    #expect(greeting.replied(.error("NOPERM no client")) == .next)
    #expect(greeting.replied(.error("NOPERM no info")) == .next)
    #expect(greeting.replied(.error("NOPERM no info")) == .finished(serverName: nil))
  }

  @Test("ends with the server's words when the login or the database is refused")
  func refused() throws {
    var login = try plan("redis://:p@h").greeting
    let wrongPassword = "WRONGPASS invalid username-password pair"
    #expect(login.replied(.error(wrongPassword)) == .refused(RedisError(.serverError, wrongPassword)))
    var database = try plan("redis://h/99").greeting
    let outOfRange = "ERR DB index is out of range"
    #expect(database.replied(.error(outOfRange)) == .refused(RedisError(.serverError, outOfRange)))
  }

  @Test(
    "ends when the server turns everybody away",
    arguments: [
      "NOAUTH Authentication required.", "ERR max number of clients reached",
      "DENIED Redis is running in protected mode",
    ])
  func turnedAway(line: String) throws {
    var greeting = try plan("redis://h").greeting
    #expect(greeting.replied(.error(line)) == .refused(RedisError(.serverError, line)))
  }

  @Test("ends when the peer only echoes, which is well-formed RESP too")
  func echoed() throws {
    var greeting = try plan("redis://h").greeting
    #expect(
      greeting.replied(.array([bulk("CLIENT"), bulk("SETNAME"), bulk("freshet")]))
        == .refused(RedisError(.protocolViolation, "the greeting was answered as Redis never does")))
  }

  @Test("names the scripts last, and goes on where an ACL forbids that")
  func scripts() throws {
    let script = RedisScript(name: "one", source: "return 1")
    var (greeting, commands) = RedisGreeting.plan(
      for: try RedisURL("redis://h"), clientName: "freshet", scripts: [script])
    #expect(commands == information + [RedisCommand("SCRIPT", "LOAD", "return 1")])
    for _ in information { #expect(greeting.replied(.status("OK")) == .next) }
    #expect(greeting.replied(.error("NOPERM no script")) == .finished(serverName: nil))
  }

  private func bulk(_ text: String) -> RedisReply { .bulk(ByteBuffer(string: text)) }
}

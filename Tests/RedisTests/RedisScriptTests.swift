import Testing

@testable import Redis

@Suite("A script")
struct RedisScriptTests {
  private let script = RedisScript(name: "one", source: "return 1")

  @Test("is known by the lower-case SHA-1 of its source, as SCRIPT LOAD gives it")
  func digest() {
    #expect(script.sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
  }

  @Test("is called with the number of its keys before keys and arguments")
  func commands() {
    let call = RedisScriptCall(script, keys: ["a", "b"], arguments: ["c"])
    #expect(call.byDigest == RedisCommand("EVALSHA", [RedisArgument(script.sha1), "2", "a", "b", "c"]))
    #expect(call.bySource == RedisCommand("EVAL", "return 1", "2", "a", "b", "c"))
  }
}

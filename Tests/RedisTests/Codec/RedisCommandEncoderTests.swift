import NIOCore
import Testing

@testable import Redis

@Suite("The command encoder")
struct RedisCommandEncoderTests {
  private func encoded(_ commands: RedisCommand...) throws -> String {
    String(buffer: try RedisCommandEncoder.encode(commands))
  }

  @Test("writes RESP arrays of bulks")
  func plain() throws {
    #expect(try encoded(RedisCommand("GET", "key")) == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n")
    #expect(try encoded(RedisCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
  }

  @Test("writes commands end to end")
  func several() throws {
    #expect(try encoded(RedisCommand("A"), RedisCommand("B")) == "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n")
  }

  @Test("takes strings, bytes, buffers and integers")
  func argumentKinds() throws {
    var buffer = ByteBuffer(string: "xyz")
    buffer.moveReaderIndex(forwardBy: 1)
    let command = RedisCommand(
      "C", "é", RedisArgument([1, 2]), RedisArgument(buffer), 7, RedisArgument(UInt64.max), "n\(1)")
    #expect(
      try encoded(command)
        == "*7\r\n$1\r\nC\r\n$2\r\né\r\n$2\r\n\u{1}\u{2}\r\n$2\r\nyz\r\n$1\r\n7\r\n"
        + "$20\r\n18446744073709551615\r\n$2\r\nn1\r\n")
  }

  @Test("keeps every byte, and empty arguments too")
  func binary() throws {
    let everyByte = (0...255).map { UInt8($0) }
    let bytes = try RedisCommandEncoder.encode(RedisCommand("S", "", RedisArgument(everyByte)))
    #expect(bytes == ByteBuffer(bytes: "*3\r\n$1\r\nS\r\n$0\r\n\r\n$256\r\n".utf8 + everyByte + "\r\n".utf8))
  }

  @Test("refuses what Redis would refuse")
  func tooManyArguments() {
    let command = RedisCommand("DEL", Array(repeating: "k", count: RedisCommandEncoder.maximumArguments))
    let error = #expect(throws: RedisError.self) { try RedisCommandEncoder.encode(command) }
    #expect(error?.code == .commandTooLarge)
  }

  @Test("refuses a command beyond the size hiredis can count")
  func tooLarge() {
    // One buffer, shared by all arguments.
    let megabyte = RedisArgument(ByteBuffer(repeating: 0, count: 1 << 20))
    let command = RedisCommand("RPUSH", Array(repeating: megabyte, count: 513))
    let error = #expect(throws: RedisError.self) { try RedisCommandEncoder.encode(command) }
    #expect(error?.code == .commandTooLarge)
  }
}

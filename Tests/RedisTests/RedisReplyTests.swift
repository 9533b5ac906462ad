import NIOCore
import Testing

@testable import Redis

@Suite("A reply")
struct RedisReplyTests {
  private let bulk = RedisReply.bulk(ByteBuffer(string: "42"))

  @Test("reads as text where it is text")
  func string() {
    #expect(bulk.string == "42")
    #expect(RedisReply.status("OK").string == "OK")
    #expect(RedisReply.integer(-7).string == "-7")
    #expect(RedisReply.null.string == nil)
    #expect(RedisReply.error("ERR no").string == nil)
    #expect(RedisReply.array([bulk]).string == nil)
  }

  @Test("reads as an integer where it is one")
  func integer() {
    #expect(bulk.integer == 42)
    #expect(RedisReply.integer(.min).integer == .min)
    #expect(RedisReply.bulk(ByteBuffer(string: "4x")).integer == nil)
    #expect(RedisReply.null.integer == nil)
  }

  @Test("throws its error and is itself otherwise")
  func get() throws {
    #expect(throws: RedisError(.serverError, "ERR no")) { try RedisReply.error("ERR no").get() }
    #expect(try bulk.get() == bulk)
    #expect(bulk.bytes == ByteBuffer(string: "42"))
    #expect(RedisReply.array([.null]).array == [.null])
    #expect(RedisReply.null.isNull)
  }
}

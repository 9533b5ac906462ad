import Glibc
import NIOCore
import Testing

@testable import Redis

@Suite("The reply reader")
struct RedisReaderTests {
  private let reader = RedisReader(maximumReplyBytes: 1 << 20)

  private func replies(_ bytes: String) throws -> [RedisReply] {
    reader.append(ByteBuffer(string: bytes))
    var replies: [RedisReply] = []
    while let reply = try reader.next() { replies.append(reply) }
    return replies
  }

  private func bulk(_ text: String) -> RedisReply { .bulk(ByteBuffer(string: text)) }

  @Test("knows every kind of RESP2 reply")
  func kinds() throws {
    #expect(try replies("+OK\r\n") == [.status("OK")])
    #expect(try replies("-ERR no\r\n") == [.error("ERR no")])
    #expect(try replies(":-9223372036854775808\r\n") == [.integer(.min)])
    #expect(try replies("$3\r\na\r\n\r\n") == [bulk("a\r\n")])
    #expect(try replies("$0\r\n\r\n") == [bulk("")])
    #expect(try replies("$-1\r\n*-1\r\n") == [.null, .null])
    #expect(try replies("*0\r\n") == [.array([])])
  }

  @Test("nests arrays, empty ones and nils among them")
  func nesting() throws {
    #expect(
      try replies("*4\r\n*2\r\n:1\r\n*0\r\n$-1\r\n*1\r\n*1\r\n+x\r\n-E\r\n:9\r\n") == [
        .array([.array([.integer(1), .array([])]), .null, .array([.array([.status("x")])]), .error("E")]),
        .integer(9),
      ])
  }

  private static let mixed =
    "*2\r\n$5\r\nab\r\nc\r\n:12\r\n+OK\r\n$-1\r\n-ERR x\r\n*1\r\n*2\r\n$0\r\n\r\n:0\r\n"

  @Test("gives the same replies wherever the bytes are cut", arguments: 1...mixed.utf8.count)
  func cuts(size: Int) throws {
    let whole = try replies(Self.mixed)
    #expect(whole.count == 5)
    let bytes = Array(Self.mixed.utf8)
    var collected: [RedisReply] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = bytes[start..<min(start + size, bytes.count)]
      collected += try replies(String(decoding: piece, as: UTF8.self))
    }
    #expect(collected == whole)
  }

  @Test("hands out nothing of half a reply")
  func half() throws {
    #expect(try replies("*2\r\n$3\r\nabc\r\n$3\r\nab") == [])
    #expect(try replies("c\r") == [])
    #expect(try replies("\n") == [.array([bulk("abc"), bulk("abc")])])
  }

  @Test(
    "refuses bytes that are not RESP2",
    arguments: [
      "hello\r\n", "HTTP/1.1 400 Bad Request\r\n", ":12x\r\n", "$x\r\n", "$-2\r\n", "*-2\r\n",
      "*99999999999\r\n", "%1\r\n+a\r\n+b\r\n", "\u{0}\u{0}\u{0}",
    ])
  func badBytes(text: String) {
    let error = #expect(throws: RedisError.self) { try replies(text) }
    #expect(error?.code == .protocolViolation)
  }

  @Test("gives the whole replies before the bad bytes, then stays broken")
  func repliesBeforeBadBytes() throws {
    reader.append(ByteBuffer(string: "+OK\r\n:1\r\n?"))
    #expect(try reader.next() == .status("OK"))
    #expect(try reader.next() == .integer(1))
    #expect(throws: RedisError.self) { try reader.next() }
    #expect(throws: RedisError.self) { try replies("+OK\r\n") }
  }

  @Test("spends no memory on elements an array only announces")
  func announcedArray() throws {
    #expect(try replies("*2147483647\r\n:1\r\n") == [])
  }

  @Test("refuses nesting beyond what hiredis follows")
  func tooDeep() {
    #expect(throws: RedisError.self) { try replies(String(repeating: "*1\r\n", count: 9) + ":1\r\n") }
  }

  @Test("refuses a reply larger than the limit, although it comes in small pieces")
  func tooLarge() throws {
    let error = try #require(
      throws: RedisError.self,
      performing: {
        _ = try replies("$2000000\r\n")
        for _ in 0..<300 { _ = try replies(String(repeating: "x", count: 4000)) }
      })
    #expect(error.code == .protocolViolation)
    #expect(error.detail.contains("1048576"))
  }

  @Test("refuses a line that does not end", arguments: ["+", "-", ":", "$", "*"])
  func endlessLine(type: String) {
    let error = #expect(throws: RedisError.self) {
      try replies(type + String(repeating: "1", count: 200_000))
    }
    #expect(error?.code == .protocolViolation)
  }

  @Test("reads a bulk of 64 MB in time that grows with its size, not with its square")
  func largeBulk() throws {
    let bytes = 64 << 20
    func secondsToRead() throws -> Double {
      let reader = RedisReader(maximumReplyBytes: 128 << 20)
      return try Self.seconds {
        reader.append(ByteBuffer(string: "$\(bytes)\r\n"))
        try #expect(reader.next() == nil)
        try Self.inPieces(bytes) {
          reader.append($0)
          try #expect(reader.next() == nil)
        }
        reader.append(ByteBuffer(string: "\r\n"))
        let reply = try reader.next()
        #expect(reply?.bytes?.readableBytes == bytes)
        #expect(reply?.bytes?.getInteger(at: bytes - 1, as: UInt8.self) == 0x78)
      }
    }
    _ = try secondsToRead()
    // What the memory alone costs here: the same pieces, gathered in a buffer.
    var buffer = ByteBuffer()
    let copied = Self.seconds { Self.inPieces(bytes) { buffer.writeImmutableBuffer($0) } }
    #expect(buffer.readableBytes == bytes)
    let read = try secondsToRead()
    // Its square would be a thousand pieces times half of it, some hundred times a copy.
    #expect(read < copied * 16, "copying 64 MB took \(copied) s, reading it \(read) s")
  }

  private static func inPieces(_ bytes: Int, _ take: (ByteBuffer) throws -> Void) rethrows {
    let piece = ByteBuffer(repeating: 0x78, count: 64 << 10)
    for _ in 0..<(bytes / piece.readableBytes) { try take(piece) }
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = processorSeconds
    try body()
    return processorSeconds - start
  }

  @Test("reads many small replies that come at once in time that grows with their number")
  func manySmallReplies() throws {
    func seconds(_ count: Int) throws -> Double {
      let text = String(repeating: "$5\r\nhello\r\n", count: count)
      return try Self.seconds { try #expect(replies(text).count == count) }
    }
    _ = try seconds(1000)
    let few = try seconds(5000)
    let many = try seconds(80_000)
    // Sixteen times the replies: linear is 16, quadratic 256.
    #expect(many < few * 80, "5,000 took \(few) s, 80,000 \(many) s")
  }

  /// Of this thread: a busy machine does not count.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

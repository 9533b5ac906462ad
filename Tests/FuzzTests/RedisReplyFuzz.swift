import NIOCore
import TestSupport
import Testing

@testable import Redis

/// Bytes from a server that claims to be Redis, cut anywhere.
struct RedisReplyFuzz: FuzzTarget {
  let name = "Redis replies"
  let dictionary = [
    "\r\n", "+OK\r\n", "-ERR x\r\n", ":1\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "$0\r\n\r\n",
    "$5\r\nhello\r\n", "*2\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "$1000000\r\n", "$-2\r\n", "*9999999999\r\n",
    "%1\r\n", "_\r\n",
    "$", "*", ":", "-", "+", "\0",
  ]
  let seeds = [
    "*3\r\n$3\r\nabc\r\n$-1\r\n$4\r\nr|id\r\n", "+OK\r\n:42\r\n-NOSCRIPT no\r\n",
    "*2\r\n*2\r\n:1\r\n+a\r\n*0\r\n",
    "$11\r\nhello world\r\n", "*1\r\n*1\r\n:-9223372036854775808\r\n",
  ].map { Array($0.utf8) }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    let whole = Self.replies(input, cuts: [])
    let cuts = (0..<random.number(0...3)).map { _ in random.number(0...input.count) }.sorted()
    guard Self.replies(input, cuts: cuts) == whole else {
      throw FuzzFinding(description: "cut at \(cuts) the same bytes are other replies")
    }
    let replies = "\(min(whole.replies.count, 8)) replies"
    return whole.failure.map { .refused("\(replies), then \($0)") } ?? .accepted(replies)
  }

  private struct Reading: Equatable {
    var replies: [RedisReply] = []
    var failure: String?
  }

  private static func replies(_ input: [UInt8], cuts: [Int]) -> Reading {
    let reader = RedisReader(maximumReplyBytes: 1 << 20)
    var reading = Reading()
    do throws(RedisError) {
      var start = 0
      for end in cuts + [input.count] {
        reader.append(ByteBuffer(bytes: input[start..<end]))
        start = end
        while let reply = try reader.next() { reading.replies.append(reply) }
      }
    } catch {
      reading.failure = error.detail
    }
    return reading
  }
}

extension FuzzTests {
  @Test("Whatever Redis sends, it is the same replies however it is cut, or a final error")
  func redisReplies() async throws {
    var fuzzer = try Fuzzer(RedisReplyFuzz())
    try await fuzzer.run()
  }
}

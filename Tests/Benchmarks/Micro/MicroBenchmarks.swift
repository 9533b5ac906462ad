import Cache
import Conversations
import Foundation
import Keyspace
import Logging
import NIOCore
import RateLimit
import Redis

/// `MicroBenchmarks PATH COUNT` goes a fast path so many times, without sockets and clocks, for an instruction counter that
/// watches from outside. What one pass costs is the difference between two counts.
@main
enum MicroBenchmarks {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.dropFirst() == ["list"] { return print(paths.keys.sorted().joined(separator: " ")) }
    guard arguments.count == 3, let path = try paths[arguments[1]]?(), let count = Int(arguments[2]) else {
      FileHandle.standardError.write(
        Data("usage: MicroBenchmarks list, or \(paths.keys.sorted().joined(separator: "|")) COUNT\n".utf8))
      exit(64)
    }
    var sum = 0
    for _ in 0..<count { sum &+= try path() }
    // So that nothing is left out.
    print(sum)
  }

  private typealias Path = () throws -> Int

  private static let paths: [String: @Sendable () throws -> Path] = [
    "parse-reply": parseReply, "encode-command": encodeCommand, "cache-hit": cacheHit,
    "encode-page": encodePage,
  ]

  /// The reply to a lookup behind a limit, with a value of 1 KB, in one piece.
  private static func parseReply() -> Path {
    let (reader, bytes) = (RedisReader(maximumReplyBytes: 1 << 20), Sample.reply)
    return {
      reader.append(bytes)
      guard try reader.next() != nil, let found = try reader.next() else { throw Sample.Useless() }
      return found.array?.count ?? 0
    }
  }

  /// The question of a limit.
  private static func encodeCommand() throws -> Path {
    let command = try Sample.ticket().call.byDigest
    return { try RedisRequest([command]).bytes.readableBytes }
  }

  /// All that a cached read does with Redis: the question, its reply, the limit's verdict, the value's, what the answer says.
  private static func cacheHit() throws -> Path {
    let cache = try Sample.cache()
    let template = try cache.template(.body, isConditional: false)
    let reader = RedisReader(maximumReplyBytes: 1 << 20)
    let limiter = Sample.limiter(cache)
    let question = try RedisRequest([limiter.ticket(for: Sample.subject).call.byDigest])
    return {
      let ticket = limiter.ticket(for: Sample.subject)
      let request = template.request(for: Sample.conversation, behind: question)
      reader.append(Sample.reply)
      guard let passage = try reader.next(), let found = try reader.next() else { throw Sample.Useless() }
      try ticket.judge(passage)
      let verdict = CacheVerdict(
        found, server: Sample.server, acceptsUnverified: false, now: Sample.created + 1000)
      guard case .hit(let hit) = verdict, !hit.isDueForRefresh else { throw Sample.Useless() }
      return request.bytes.readableBytes + hit.value.body.readableBytes + hit.value.etag.utf8.count
        + hit.status.text.utf8.count
    }
  }

  /// A page of 20 messages.
  private static func encodePage() throws -> Path {
    guard let request = PageRequest() else { throw Sample.Useless() }
    let envelope = PageEnvelope(request, total: Sample.messages.count)
    return { envelope.encode(Sample.messages).count }
  }
}

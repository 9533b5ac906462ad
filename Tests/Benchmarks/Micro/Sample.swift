import Cache
import Conversations
import Keyspace
import Logging
import NIOCore
import RateLimit
import Redis

/// What the paths are given; always the same.
enum Sample {
  static let conversation = id("0195c0de-0000-7000-8000-00000000abcd")
  static let subject = RateSubject.user(UserID(stored: "user-1"))
  static let server = String(repeating: "a", count: 40) + "|" + String(repeating: "b", count: 40)
  static let created: UInt64 = 1_790_000_000_000

  /// A path did not do what it is there for.
  struct Useless: Error {}

  /// One that nobody connects.
  static func cache() throws -> Cache {
    let logger = Logger(label: "micro") { _ in SwiftLogNoOpLogHandler() }
    return Cache(redis: RedisClient(url: try RedisURL("redis://127.0.0.1:1"), logger: logger), logger: logger)
  }

  static func limiter(_ cache: Cache) -> RateLimiter {
    RateLimiter(Quota(requests: 1_000_000, windowSeconds: 60), cache: cache)
  }

  static func ticket() throws -> RateTicket { try limiter(cache()).ticket(for: subject) }

  /// The limit's reply, then record, value and watermark.
  static let reply: ByteBuffer = {
    let epoch = String(repeating: "e", count: 32)
    let body = String(repeating: "x", count: 1024)
    var value = ByteBuffer(bytes: Array("FRS".utf8) + [2])
    value.writeMultipleIntegers(UInt16(200), UInt16(0))
    value.writeString(epoch + "00000000000000ff")
    value.writeMultipleIntegers(created, UInt32(1), UInt32(240_000), UInt32(300_000))
    value.writeString(String(repeating: "c", count: 32))
    value.writeMultipleIntegers(UInt32(6), UInt32(body.utf8.count), UInt32(0))
    value.writeString("user-1" + body)
    var bytes = ByteBuffer(string: "*3\r\n:1\r\n:999999\r\n:0\r\n*3\r\n")
    for part in [ByteBuffer(string: epoch + "|00000000000000ff"), value, ByteBuffer(string: server + "|1")] {
      bytes.writeString("$\(part.readableBytes)\r\n")
      bytes.writeImmutableBuffer(part)
      bytes.writeString("\r\n")
    }
    return bytes
  }()

  static let messages: [Message] = (0..<20).map { position in
    let said = Timestamp(millisecondsSinceEpoch: 1_790_000_000_000 + Int64(position) * 4000)
    return Message(
      id: MessageID(conversation.uuid), conversationID: conversation,
      role: position.isMultiple(of: 2) ? "user" : "assistant",
      content:
        "I'd like to move \"Tuesday's\" appointment;\nwould Thursday at a quarter past ten suit you, José? "
        + String(repeating: "Number \(position). ", count: 8),
      position: position, spokenAt: said, createdAt: said)
  }

  private static func id(_ text: String) -> ConversationID {
    guard let id = ConversationID(text) else { preconditionFailure("no id: \(text)") }
    return id
  }
}

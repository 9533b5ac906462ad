import Conversations

/// The head of a request for a conversation or a page of its messages, found in the bytes that came.
///
/// It is strict where HTTP is not: whatever is unusual is no plain read, and for the decoder to judge. So all that is
/// recognised here would be a request to the decoder and the gate as well, and the same one.
struct PlainRead {
  /// Bytes from the request's first to the empty line behind its fields.
  let length: Int
  let conversation: ConversationID
  /// Of its messages, not of itself.
  let isForMessages: Bool
  /// What follows the question mark; nil without one.
  let query: Range<Int>?
  /// The values of the fields that decide about the answer; each is there once at most.
  let fields: Fields

  struct Fields {
    var host: Range<Int>?
    var authorization: Range<Int>?
    var accept: Range<Int>?
    var acceptEncoding: Range<Int>?
    var ifNoneMatch: Range<Int>?
    var requestID: Range<Int>?
    var origin: Range<Int>?
  }

  /// Longer heads are rare, and the decoder's limits are none of ours.
  private static let maximumLength = 4096
  private static let maximumFields = 64

  /// - Parameter bytes: what came; more may follow the request.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var scan = HeadScan(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.maximumLength)))
    guard scan.take("GET /conversations/"), let conversation = scan.takeID() else { return nil }
    self.conversation = conversation
    isForMessages = scan.take("/messages")
    query = scan.take("?") ? scan.takeTarget() : nil
    guard scan.take(" HTTP/1.1\r\n") else { return nil }
    var fields = Fields()
    for _ in 0...Self.maximumFields {
      if scan.take("\r\n") {
        guard fields.host != nil else { return nil }
        self.fields = fields
        length = scan.position
        return
      }
      guard let (name, value) = scan.takeField(), fields.take(name, value, in: scan.bytes) else { return nil }
    }
    return nil
  }
}

extension PlainRead.Fields {
  /// - Returns: false for a field that changes how a request is read, or comes twice.
  fileprivate mutating func take(
    _ name: Range<Int>, _ value: Range<Int>, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    func isNamed(_ text: StaticString) -> Bool { bytes.isEqualIgnoringCase(name, text) }
    switch name.count {
    case 2: return !isNamed("te")
    case 4 where isNamed("host"): return Self.set(&host, value)
    case 6 where isNamed("accept"): return Self.set(&accept, value)
    case 6 where isNamed("origin"): return Self.set(&origin, value)
    case 6: return !isNamed("expect")
    case 7: return !isNamed("upgrade") && !isNamed("trailer")
    case 10 where isNamed("connection"): return bytes.isEqualIgnoringCase(value, "keep-alive")
    case 12 where isNamed("x-request-id"): return Self.set(&requestID, value)
    case 13 where isNamed("authorization"): return Self.set(&authorization, value)
    case 13 where isNamed("if-none-match"): return Self.set(&ifNoneMatch, value)
    case 14: return !isNamed("content-length")
    case 15 where isNamed("accept-encoding"): return Self.set(&acceptEncoding, value)
    case 16: return !isNamed("proxy-connection")
    case 17: return !isNamed("transfer-encoding")
    default: return true
    }
  }

  private static func set(_ field: inout Range<Int>?, _ value: Range<Int>) -> Bool {
    guard field == nil else { return false }
    field = value
    return true
  }
}

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

  /// - Parameter bytes: what came; more may follow the request.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var scan = HeadScan(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(HeadScan.maximumLength)))
    guard scan.take("GET /conversations/"), let conversation = scan.takeID() else { return nil }
    self.conversation = conversation
    isForMessages = scan.take("/messages")
    query = scan.take("?") ? scan.takeTarget() : nil
    guard scan.take(" HTTP/1.1\r\n") else { return nil }
    var fields = Fields()
    for _ in 0...HeadScan.maximumFields {
      if scan.take("\r\n") {
        guard fields.host != nil else { return nil }
        self.fields = fields
        length = scan.position
        return
      }
      guard let (name, value) = scan.takeField(), fields.take(name, value, in: scan) else { return nil }
    }
    return nil
  }
}

extension PlainRead.Fields {
  /// - Returns: false for a field that changes how a request is read, or comes twice.
  fileprivate mutating func take(_ name: Range<Int>, _ value: Range<Int>, in scan: HeadScan) -> Bool {
    func isNamed(_ text: StaticString) -> Bool { scan.bytes.isEqualIgnoringCase(name, text) }
    switch name.count {
    case 4 where isNamed("host"): return value.setOnce(&host)
    case 6 where isNamed("accept"): return value.setOnce(&accept)
    case 6 where isNamed("origin"): return value.setOnce(&origin)
    case 12 where isNamed("x-request-id"): return value.setOnce(&requestID)
    case 13 where isNamed("authorization"): return value.setOnce(&authorization)
    case 13 where isNamed("if-none-match"): return value.setOnce(&ifNoneMatch)
    case 15 where isNamed("accept-encoding"): return value.setOnce(&acceptEncoding)
    default: return scan.isHarmless(name, value)
    }
  }
}

/// The head of a webhook, found in the bytes that came.
///
/// As strict as ``PlainRead``: whatever is unusual is for the decoder to judge, and what is recognised here would be the
/// same request to it.
struct PlainWebhook {
  /// Bytes from the request's first to the empty line behind its fields.
  let headLength: Int
  let bodyLength: Int
  /// What follows `?token=`, nothing of which is encoded; nil without a query.
  let token: Range<Int>?
  let fields: Fields

  /// Those that decide about the answer; each is there once at most.
  struct Fields {
    var host: Range<Int>?
    var contentLength: Range<Int>?
    var requestID: Range<Int>?
    var traceparent: Range<Int>?
    var webhookID: Range<Int>?
    var webhookTimestamp: Range<Int>?
    var webhookSignature: Range<Int>?
  }

  /// - Parameter bytes: what came, the whole head at least; more may follow the request.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var scan = HeadScan(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(HeadScan.maximumLength)))
    guard scan.take("POST /webhooks/tavus") else { return nil }
    token = scan.take("?token=") ? scan.takeUnreserved() : nil
    guard scan.take(" HTTP/1.1\r\n") else { return nil }
    var fields = Fields()
    for _ in 0...HeadScan.maximumFields {
      if scan.take("\r\n") {
        guard fields.host != nil, let length = fields.contentLength.flatMap({ scan.bytes.number($0) }) else {
          return nil
        }
        (self.fields, headLength, bodyLength) = (fields, scan.position, length)
        return
      }
      guard let (name, value) = scan.takeField(), fields.take(name, value, in: scan) else { return nil }
    }
    return nil
  }

  /// With its body.
  var length: Int { headLength + bodyLength }
}

extension PlainWebhook.Fields {
  /// - Returns: false for a field that changes how a request is read or answered, or comes twice.
  fileprivate mutating func take(_ name: Range<Int>, _ value: Range<Int>, in scan: HeadScan) -> Bool {
    func isNamed(_ text: StaticString) -> Bool { scan.bytes.isEqualIgnoringCase(name, text) }
    switch name.count {
    case 4 where isNamed("host"): return value.setOnce(&host)
    case 6 where isNamed("origin"): return false
    case 10 where isNamed("webhook-id"): return value.setOnce(&webhookID)
    case 11 where isNamed("traceparent"): return value.setOnce(&traceparent)
    case 12 where isNamed("x-request-id"): return value.setOnce(&requestID)
    case 14 where isNamed("content-length"): return value.setOnce(&contentLength)
    case 16 where isNamed("content-encoding"): return false
    case 17 where isNamed("webhook-timestamp"): return value.setOnce(&webhookTimestamp)
    case 17 where isNamed("webhook-signature"): return value.setOnce(&webhookSignature)
    default: return scan.isHarmless(name, value)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Of at most six digits.
  fileprivate func number(_ range: Range<Int>) -> Int? {
    guard (1...6).contains(range.count) else { return nil }
    var number = 0
    for index in range {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    return number
  }
}

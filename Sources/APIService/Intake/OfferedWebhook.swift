import Conversations
import HTTPTypes
import NIOCore
import Queue

/// A plain webhook that was understood and may be queued, from there to its answer.
final class OfferedWebhook: Sendable {
  let start = ContinuousClock.now
  let envelope: WebhookEnvelope
  let traceparent: String?
  let requestID: String

  init(_ envelope: WebhookEnvelope, traceparent: String?, requestID: String) {
    self.envelope = envelope
    self.traceparent = traceparent
    self.requestID = requestID
  }

  /// What the router need not do again.
  func prepared(_ outcome: Result<EnqueueResult, QueueError>) -> PreparedWebhook {
    PreparedWebhook(start: start, outcome: outcome)
  }

  /// The whole answer to one that is safe, ready to send.
  ///
  /// - Parameter isLast: whether the connection ends with it.
  func answer(_ result: EnqueueResult, crossOrigin: CrossOriginPolicy?, isLast: Bool) -> ByteBuffer {
    let body = WebhookReceipt.json(envelope.eventID, result)
    var bytes = ByteBuffer()
    bytes.reserveCapacity(512)
    bytes.writeStaticString("HTTP/1.1 202 Accepted\r\n")
    bytes.add(.contentType, "application/json")
    bytes.add(.contentLength, String(body.count))
    bytes.add(.xRequestID, requestID)
    if crossOrigin != nil { bytes.add(.vary, CrossOriginPolicy.origin) }
    bytes.add(.date, HTTPDate.now)
    if isLast { bytes.add(.connection, "close") }
    bytes.writeStaticString("\r\n")
    bytes.writeBytes(body)
    return bytes
  }
}

/// What offering a webhook came to before it turned out to be one for the router: it is not offered again.
struct PreparedWebhook: Sendable {
  /// When work on it began.
  let start: ContinuousClock.Instant
  let outcome: Result<EnqueueResult, QueueError>
}

/// The body of a webhook's 202.
enum WebhookReceipt {
  static func json(_ id: EventID, _ result: EnqueueResult) -> [UInt8] {
    var writer = JSONWriter(capacity: 128)
    writer.beginObject()
    writer.member("eventId", id.text)
    writer.member("status", result.rawValue)
    writer.endObject()
    return writer.bytes
  }
}

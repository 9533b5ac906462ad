import Conversations
import Foundation
import HTTPTypes
import Logging
import NIOCore
import Queue

/// Takes webhooks in on one event loop, before the router.
///
/// As ``CachedReads`` does with reads: it decides nothing that ``WebhookRoutes`` does not decide by the same functions, and
/// whatever is not simply accepted goes there.
///
/// `@unchecked Sendable`: it is only used on its event loop.
final class WebhookIntake: @unchecked Sendable {
  /// What it shares with the router.
  struct Parts: Sendable {
    /// Offers on an event loop; see ``Queue/WebhookQueue/offer(id:conversation:payload:traceparent:on:then:)``.
    typealias Offer =
      @Sendable (
        OfferedWebhook, any EventLoop,
        _ then: @escaping @Sendable (Result<EnqueueResult, QueueError>?) -> Void
      ) -> Bool

    let authentication: WebhookAuthentication
    let maximumBytes: Int
    let record: RequestRecord
    /// Nil when browsers have no business here.
    let crossOrigin: CrossOriginPolicy?
    /// Offers to the queue, or to a test.
    var offer: Offer
  }

  /// What the bytes that came are.
  enum Understanding {
    case nothingPlain
    /// The rest of a plain webhook may be there in a moment.
    case incomplete
    case webhook(OfferedWebhook, length: Int)
  }

  let parts: Parts
  private let eventLoop: any EventLoop
  private var hosts = LastValue<Bool>()
  private var random = RequestID.Generator()
  private var series: [Int: RequestMetrics.Series] = [:]

  /// What is longer would hold up the event loop, and is checked elsewhere.
  private static let maximumBytes = 64 << 10

  init(_ parts: Parts, on eventLoop: any EventLoop) {
    self.parts = parts
    self.eventLoop = eventLoop
  }

  func understand(_ bytes: UnsafeRawBufferPointer) -> Understanding {
    guard let head = PlainWebhook(bytes), head.bodyLength <= min(Self.maximumBytes, parts.maximumBytes),
      let host = head.fields.host, hosts.value(of: host, in: bytes, { Authority.isValid($0) })
    else { return .nothingPlain }
    guard bytes.count >= head.length else { return .incomplete }
    guard let envelope = envelope(of: head, in: bytes) else { return .nothingPlain }
    let traceparent = head.fields.traceparent.map { bytes.text($0) }.flatMap(WebhookRoutes.traceparent)
    let requestID = random.accept(head.fields.requestID.map { bytes.text($0) })
    return .webhook(
      OfferedWebhook(envelope, traceparent: traceparent, requestID: requestID), length: head.length)
  }

  /// Nil when it is refused: why is for the router to say.
  private func envelope(of head: PlainWebhook, in bytes: UnsafeRawBufferPointer) -> WebhookEnvelope? {
    do {
      let claim = try parts.authentication.claim(
        token: head.token.map { bytes.text($0) }, head.fields.signature(in: bytes))
      let body = Array(bytes[head.headLength..<head.length])
      try claim.verify(body)
      return try WebhookEnvelope(body: body, signedID: try claim.eventID())
    } catch { return nil }
  }

  /// Offers it to the queue.
  ///
  /// - Parameter then: called once, on the event loop; with nil when nothing was done.
  /// - Returns: false when Redis cannot be asked from here; `then` is not called.
  func offer(
    _ webhook: OfferedWebhook, then: @escaping @Sendable (Result<EnqueueResult, QueueError>?) -> Void
  ) -> Bool {
    parts.offer(webhook, eventLoop, then)
  }

  func note(_ webhook: OfferedWebhook, _ status: HTTPResponse.Status) {
    let duration = ContinuousClock.now - webhook.start
    let route = Operation.receiveWebhook.path
    series(status, route).count(in: duration)
    parts.record.log(.info, .post, route, status, in: duration, requestID: webhook.requestID)
  }

  private func series(_ status: HTTPResponse.Status, _ route: String) -> RequestMetrics.Series {
    if let known = series[status.code] { return known }
    let new = parts.record.metrics.series(.post, route: route, status)
    series[status.code] = new
    return new
  }
}

extension WebhookIntake.Parts {
  /// Offers to this queue.
  static func offering(to queue: WebhookQueue) -> Offer {
    { webhook, eventLoop, then in
      queue.offer(
        id: webhook.envelope.eventID.text, conversation: webhook.envelope.conversationID.text,
        payload: ByteBuffer(bytes: webhook.envelope.payload), traceparent: webhook.traceparent, on: eventLoop,
        then: then)
    }
  }
}

extension PlainWebhook.Fields {
  /// Those of Standard Webhooks.
  fileprivate func signature(in bytes: UnsafeRawBufferPointer) -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in [
      (HTTPField.Name.webhookID, webhookID), (.webhookTimestamp, webhookTimestamp),
      (.webhookSignature, webhookSignature),
    ] {
      if let value { fields.append(HTTPField(name: name, value: bytes.text(value))) }
    }
    return fields
  }
}

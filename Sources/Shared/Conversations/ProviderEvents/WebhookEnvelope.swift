/// What the intake needs to know of a webhook: who it is about and what it is, the rest is carried along unread.
package struct WebhookEnvelope: Equatable, Sendable {
  /// What deduplicates it.
  package let eventID: EventID
  /// The conversation it is about.
  package let conversationID: ExternalConversationID
  /// What happened.
  package let eventType: EventType
  /// The body to queue: without a byte order mark and without `webhook_url`, which repeats the secret callback URL.
  package let payload: [UInt8]

  /// Checks all of a body in one pass. The event id is `signedID` where the sender signed one, else the hash of the body.
  /// Throws `malformedBody` (not JSON, or an envelope key twice) or `invalidBody` (JSON of the wrong shape).
  package init(body: Span<UInt8>, signedID: EventID? = nil) throws(RequestRejection) {
    (conversationID, eventType, payload) = try body.withUnsafeBufferPointer {
      (bytes) throws(RequestRejection) in
      let scan = try EnvelopeScan(checking: bytes)
      let names = try scan.names()
      return (names.id, names.type, Self.payload(of: bytes, scan))
    }
    eventID = signedID ?? EventID(sha256Of: body)
  }

  /// The same for bytes that stand in an array.
  package init(body: [UInt8], signedID: EventID? = nil) throws(RequestRejection) {
    try self.init(body: body.span, signedID: signedID)
  }

  private static func payload(of body: UnsafeBufferPointer<UInt8>, _ scan: EnvelopeScan) -> [UInt8] {
    guard scan.hasRemovals else { return Array(body[JSONScanner(body).position...]) }
    var payload: [UInt8] = []
    payload.reserveCapacity(body.count)
    payload.append(UInt8(ascii: "{"))
    for run in scan.keptRuns {
      if payload.count > 1 { payload.append(UInt8(ascii: ",")) }
      payload.append(contentsOf: body[run])
    }
    payload.append(UInt8(ascii: "}"))
    return payload
  }
}

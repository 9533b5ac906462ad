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
    let parts = body.withUnsafeBufferPointer { bytes in Self.read(bytes) }
    (conversationID, eventType, payload) = try parts.get()
    eventID = signedID ?? EventID(sha256Of: body)
  }

  /// The same for bytes that stand in an array.
  package init(body: [UInt8], signedID: EventID? = nil) throws(RequestRejection) {
    try self.init(body: body.span, signedID: signedID)
  }

  private typealias Parts = (ExternalConversationID, EventType, [UInt8])

  private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<Parts, RequestRejection> {
    var scanner = JSONScanner(bytes)
    let start = scanner.position
    let scan: EnvelopeScan
    do throws(JSONError) {
      scan = try EnvelopeScan(&scanner)
    } catch {
      return .failure(.malformed(error))
    }
    return names(in: scan).map { id, type in (id, type, payload(of: bytes[start...], scan)) }
  }

  private static func names(
    in scan: EnvelopeScan
  ) -> Result<(ExternalConversationID, EventType), RequestRejection> {
    guard scan.isObject else {
      return .failure(RequestRejection(.invalidBody, detail: "The body is not a JSON object."))
    }
    let errors = scan.shapeErrors
    guard errors.isEmpty, case .valid(let id) = scan.conversationID, case .valid(let type) = scan.eventType
    else { return .failure(.invalid(errors)) }
    return .success((id, type))
  }

  private static func payload(of body: Slice<UnsafeBufferPointer<UInt8>>, _ scan: EnvelopeScan) -> [UInt8] {
    guard scan.hasRemovals else { return Array(body) }
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

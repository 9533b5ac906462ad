import Cache
import Conversations
import HTTPTypes
import NIOCore
import RateLimit
import Redis

/// A plain read that was understood, from its lookup to its answer. A class: it is handed on a few times, and copying it
/// would cost as much as finding it.
final class CachedRead: Sendable {
  let start = ContinuousClock.now
  let principal: Principal
  let conversation: ConversationID
  let template: CacheLookTemplate
  let terms: ReadTerms
  /// Nil for a principal without a limit.
  let ticket: RateTicket?
  /// The ticket's, encoded.
  let question: RedisRequest?
  /// Of its messages; nil for the conversation itself.
  let page: ReadPage?
  let requestID: String
  let origin: String?

  init(
    _ reader: ReadPrincipals.Known, _ conversation: ConversationID, _ template: CacheLookTemplate,
    terms: ReadTerms, ticket: RateTicket?, page: ReadPage?, requestID: String, origin: String?
  ) {
    principal = reader.principal
    question = reader.question
    self.conversation = conversation
    self.template = template
    self.terms = terms
    self.ticket = ticket
    self.page = page
    self.requestID = requestID
    self.origin = origin
  }

  var isForMessages: Bool { page != nil }

  var route: String { Self.route(isForMessages) }

  /// As the router has it.
  static func route(_ isForMessages: Bool) -> String {
    isForMessages ? Operation.listConversationMessages.path : Operation.readConversation.path
  }

  /// What the router need not do again.
  func prepared(_ outcome: Result<CacheAnswer, any Error>) -> PreparedRead {
    PreparedRead(start: start, ticket: ticket, outcome: outcome)
  }

  /// The terms of a read that comes after the lookup: what was passed with it is not passed again.
  func terms(after look: CacheLook?) -> ReadTerms {
    let isOpen = ticket?.isOpen ?? false
    return ReadTerms(forms: terms.forms, known: terms.known, gate: isOpen ? ticket : nil, look: look)
  }

  /// The whole answer, ready to send.
  ///
  /// - Parameter isLast: whether the connection ends with it.
  func answer(_ answer: CacheAnswer, crossOrigin: CrossOriginPolicy?, isLast: Bool) -> ByteBuffer {
    let body = answer.value.body
    var bytes = ByteBuffer()
    bytes.reserveCapacity(1024 + body.readableBytes)
    bytes.writeStaticString(
      answer.value.isKnown ? "HTTP/1.1 304 Not Modified\r\n" : "HTTP/1.1 200 OK\r\n")
    CachedResponse.addFields(
      of: answer, links: page?.links, since: start,
      vary: crossOrigin?.vary(CachedResponse.vary) ?? CachedResponse.vary, to: &bytes)
    if let ticket { RateLimitFields.add(of: ticket, to: &bytes) }
    bytes.add(.xRequestID, requestID)
    crossOrigin?.addFields(for: origin, to: &bytes)
    bytes.add(.date, HTTPDate.now)
    if isLast { bytes.add(.connection, "close") }
    bytes.writeStaticString("\r\n")
    bytes.writeImmutableBuffer(body)
    return bytes
  }
}

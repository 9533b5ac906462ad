import Cache
import ConversationStore
import Conversations
import Foundation
import HTTPTypes
import Keyspace
import Logging
import NIOCore
import RateLimit

/// Answers cached reads on one event loop, before the router.
///
/// An accelerator: it decides nothing that middlewares and handlers do not decide by the same functions, and whatever is
/// no plain hit goes to them. What comes again and again is remembered.
///
/// `@unchecked Sendable`: it is only used on its event loop.
final class CachedReads: @unchecked Sendable {
  /// What it shares with the router.
  struct Parts: Sendable {
    let cache: Cache
    let identity: Identity
    let limits: RateLimits
    let record: RequestRecord
    /// Nil when browsers have no business here.
    let crossOrigin: CrossOriginPolicy?
  }

  let parts: Parts
  private let eventLoop: any EventLoop
  private var principals = ReadPrincipals()
  private var forms = LastValue<AcceptedForms?>()
  private var types = LastValue<Bool>()
  private var hosts = LastValue<Bool>()
  private var random = RequestID.Generator()
  private var series: [ReadKind: RequestMetrics.Series] = [:]

  private struct ReadKind: Hashable {
    let isForMessages: Bool
    let status: Int
  }

  init(_ parts: Parts, on eventLoop: any EventLoop) {
    self.parts = parts
    self.eventLoop = eventLoop
  }

  /// What the request asks for. Nil when that is for the router to say.
  func understand(_ request: PlainRead, in bytes: UnsafeRawBufferPointer) -> CachedRead? {
    let fields = request.fields
    guard let host = fields.host, hosts.value(of: host, in: bytes, { Authority.isValid($0) }),
      let principal = principal(fields.authorization, in: bytes), let forms = forms(fields, in: bytes),
      let (field, links) = field(of: request, in: bytes)
    else { return nil }
    let ticket = parts.limits.ticket(for: principal)
    return CachedRead(
      start: .now, principal: principal,
      entry: parts.cache.entry(.conversation(request.conversation), field),
      terms: ReadTerms(
        forms: forms, known: EntityTags(fields.ifNoneMatch.map { [bytes.text($0)] } ?? []), gate: ticket),
      ticket: ticket, links: links,
      requestID: random.accept(fields.requestID.map { bytes.text($0) }),
      origin: parts.crossOrigin == nil ? nil : fields.origin.map { bytes.text($0) })
  }

  /// Asks Redis. See ``Cache/look(at:for:on:then:)``.
  func look(_ read: CachedRead, then: @escaping @Sendable (CacheLook?) -> Void) -> Bool {
    parts.cache.look(at: read.entry, for: read.terms, on: eventLoop, then: then)
  }

  /// The answer to the reader, when the look was a hit that is his to see.
  func answer(_ read: CachedRead, from look: CacheLook) -> CacheAnswer? {
    parts.cache.answer(from: look, for: read.terms) { read.principal.maySee($0) }
  }

  func note(_ read: CachedRead, _ status: HTTPResponse.Status) {
    let duration = ContinuousClock.now - read.start
    series(read.isForMessages, status).count(in: duration)
    parts.record.log(.info, .get, read.route, status, in: duration, requestID: read.requestID)
  }

  private func series(_ isForMessages: Bool, _ status: HTTPResponse.Status) -> RequestMetrics.Series {
    let kind = ReadKind(isForMessages: isForMessages, status: status.code)
    if let known = series[kind] { return known }
    let new = parts.record.metrics.series(.get, route: CachedRead.route(isForMessages), status)
    series[kind] = new
    return new
  }
}

// MARK: - What the fields say

extension CachedReads {
  private func principal(_ authorization: Range<Int>?, in bytes: UnsafeRawBufferPointer) -> Principal? {
    switch parts.identity {
    case .everyone(let principal): return principal
    case .token(let verifier):
      guard let authorization else { return nil }
      let value = UnsafeRawBufferPointer(rebasing: bytes[authorization])
      let now = Date()
      if let known = principals.principal(of: value, keyVersion: verifier.keyVersion, now: now) { return known }
      guard bytes.isEqualIgnoringCase(authorization.prefix(7), "bearer "),
        let accepted = verifier.accepted(UnsafeRawBufferPointer(rebasing: value[7...]), now: now)
      else { return nil }
      principals.remember(value, accepted)
      return accepted.principal
    }
  }

  /// Nil when none is acceptable.
  private func forms(_ fields: PlainRead.Fields, in bytes: UnsafeRawBufferPointer) -> AcceptedForms? {
    if let accept = fields.accept,
      !types.value(of: accept, in: bytes, { AcceptedTypes.include("application/json", [$0]) })
    {
      return nil
    }
    guard let encoding = fields.acceptEncoding else { return AcceptEncoding.forms([]) }
    return forms.value(of: encoding, in: bytes) { AcceptEncoding.forms([$0]) }
  }

  /// Nil for a query that is no page's, or no page's that is kept.
  private func field(
    of request: PlainRead, in bytes: UnsafeRawBufferPointer
  ) -> (field: CacheField, links: PageLinks?)? {
    guard request.isForMessages else { return request.query == nil ? (.body, nil) : nil }
    var query = QueryParameters(request.query.map { bytes.text($0) })
    let list = ListRequest(&query)
    guard (try? query.finish()) != nil, let field = list.messagesField else { return nil }
    return (field, list.links(at: "/conversations/\(request.conversation)/messages", query))
  }
}

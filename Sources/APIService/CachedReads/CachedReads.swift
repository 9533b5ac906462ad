import Cache
import ConversationStore
import Conversations
import EventLoops
import Foundation
import HTTPTypes
import Keyspace
import Logging
import NIOCore
import RateLimit
import Redis
import Telemetry

/// Answers reads on one event loop, before the router.
///
/// An accelerator: it decides nothing that middlewares and handlers do not decide by the same functions, and whatever is
/// no plain answer goes to them. What comes again and again is remembered.
///
/// `@unchecked Sendable`: it is only used on its event loop.
final class CachedReads: @unchecked Sendable {
  /// What it shares with the router.
  struct Parts: Sendable {
    /// Asks on an event loop; see ``Cache/look(at:by:behind:for:on:then:)``.
    typealias Look =
      @Sendable (
        CachedRead, any EventLoop, _ then: @escaping @Sendable (CacheLook?) -> Void
      ) -> Bool
    /// Given what the look came to, on the terms after it.
    typealias Load = @Sendable (CachedRead, ReadTerms) async throws -> CacheAnswer

    let cache: Cache
    let identity: Identity
    let limits: RateLimits
    let record: RequestRecord
    /// Nil when browsers have no business here.
    let crossOrigin: CrossOriginPolicy?
    /// Asks the cache, or a test.
    var look: Look
    /// Reads what is no hit.
    var load: Load
  }

  let parts: Parts
  private let executor: LoopExecutor
  private var principals = ReadPrincipals()
  private var forms = LastValue<AcceptedForms?>()
  private var types = LastValue<Bool>()
  private var hosts = LastValue<Bool>()
  private var pages = LastValue<ReadPage?>()
  private var random = RequestID.Generator()
  private var series: [ReadKind: RequestMetrics.Series] = [:]

  private var templates: [TemplateKey: CacheLookTemplate] = [:]
  private static let maximumTemplates = 1000

  private struct TemplateKey: Hashable {
    let field: CacheField
    let isConditional: Bool
  }

  private struct ReadKind: Hashable {
    let isForMessages: Bool
    let status: Int
  }

  /// - Parameter executor: of the event loop that it is for.
  init(_ parts: Parts, on executor: LoopExecutor) {
    self.parts = parts
    self.executor = executor
  }

  /// What the request asks for. Nil when that is for the router to say.
  func understand(_ request: PlainRead, in bytes: UnsafeRawBufferPointer) -> CachedRead? {
    let fields = request.fields
    guard let host = fields.host, hosts.value(of: host, in: bytes, { Authority.isValid($0) }),
      let reader = reader(fields.authorization, in: bytes), let forms = forms(fields, in: bytes)
    else { return nil }
    let known = EntityTags(fields.ifNoneMatch.map { [bytes.text($0)] } ?? [])
    guard let (template, page) = place(of: request, isConditional: !known.isEmpty, in: bytes) else {
      return nil
    }
    let ticket = parts.limits.ticket(for: reader.principal)
    return CachedRead(
      reader, request.conversation, template, terms: ReadTerms(forms: forms, known: known, gate: ticket),
      ticket: ticket, page: page, requestID: random.accept(fields.requestID.map { bytes.text($0) }),
      origin: parts.crossOrigin == nil ? nil : fields.origin.map { bytes.text($0) })
  }

  /// Asks Redis. See ``Cache/look(at:by:behind:for:on:then:)``.
  func look(_ read: CachedRead, then: @escaping @Sendable (CacheLook?) -> Void) -> Bool {
    parts.look(read, executor.eventLoop, then)
  }

  /// Does for what is no hit, and was not turned away, what the router's middlewares and handler would do, in a task on the
  /// event loop.
  ///
  /// - Parameter then: called once, on the event loop.
  /// - Returns: to be cancelled when nobody would take the answer.
  func load(
    _ read: CachedRead, _ look: CacheLook?,
    then: @escaping @Sendable (Result<CacheAnswer, any Error>) -> Void
  ) -> Task<Void, Never> {
    // Bare task: its connection cancels it when the client has gone.
    Task(executorPreference: executor) { [parts, executor] in
      let outcome: Result<CacheAnswer, any Error>
      do {
        let answer = try await RequestDeadline.within(RequestLog.limit) {
          let answer = try await parts.load(read, read.terms(after: look))
          try await read.ticket?.pass()
          return answer
        }
        outcome = .success(answer)
      } catch { outcome = .failure(error) }
      executor.eventLoop.assertInEventLoop()
      then(outcome)
    }
  }

  /// Whether the answer is one that its reader may see, and not a problem's.
  func isPlain(_ answer: CacheAnswer, for read: CachedRead) -> Bool {
    read.principal.maySee(answer.value)
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
  private func reader(
    _ authorization: Range<Int>?, in bytes: UnsafeRawBufferPointer
  ) -> ReadPrincipals.Known? {
    switch parts.identity {
    case .everyone(let principal): return known(principal)
    case .token(let verifier):
      guard let authorization else { return nil }
      let value = UnsafeRawBufferPointer(rebasing: bytes[authorization])
      let now = Date()
      if let known = principals.known(by: value, keyVersion: verifier.keyVersion, now: now) { return known }
      guard bytes.isEqualIgnoringCase(authorization.prefix(7), "bearer "),
        let accepted = verifier.accepted(UnsafeRawBufferPointer(rebasing: value[7...]), now: now),
        let known = known(accepted.principal)
      else { return nil }
      principals.remember(known, by: value, accepted)
      return known
    }
  }

  /// Nil when what their limit asks is too long for a command.
  private func known(_ principal: Principal) -> ReadPrincipals.Known? {
    guard let ticket = parts.limits.ticket(for: principal) else {
      return ReadPrincipals.Known(principal: principal, question: nil)
    }
    guard let question = try? RedisRequest([ticket.call.byDigest]) else { return nil }
    return ReadPrincipals.Known(principal: principal, question: question)
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
  private func place(
    of request: PlainRead, isConditional: Bool, in bytes: UnsafeRawBufferPointer
  ) -> (CacheLookTemplate, ReadPage?)? {
    guard request.isForMessages else {
      return request.query == nil ? template(.body, isConditional).map { ($0, nil) } : nil
    }
    guard let page = pages.value(of: request.query ?? 0..<0, in: bytes, { ReadPage($0) }),
      let template = template(page.field, isConditional)
    else { return nil }
    return (template, page.moved(to: request.conversation))
  }

  private func template(_ field: CacheField, _ isConditional: Bool) -> CacheLookTemplate? {
    let key = TemplateKey(field: field, isConditional: isConditional)
    if let known = templates[key] { return known }
    guard let new = try? parts.cache.template(field, isConditional: isConditional) else { return nil }
    if templates.count >= Self.maximumTemplates { templates.removeAll(keepingCapacity: true) }
    templates[key] = new
    return new
  }
}

extension CachedReads.Parts {
  /// Asks this cache.
  static func asking(_ cache: Cache) -> Look {
    { read, eventLoop, then in
      cache.look(
        at: read.conversation, by: read.template, behind: read.question, for: read.terms, on: eventLoop,
        then: then)
    }
  }

  /// Reads from this store, as the router's handlers do.
  static func reading(_ store: ConversationStore) -> Load {
    { read, terms in
      let scope = read.principal.scope
      guard let page = read.page else {
        return try await store.conversation(read.conversation, in: scope, for: terms)
      }
      return try await store.messages(of: read.conversation, page.list, in: scope, for: terms)
    }
  }
}

import Conversations
import HTTPTypes
import Hummingbird
import NIOCore
import Queue

/// `/webhooks/tavus`: authenticates, checks the envelope, queues; the work itself is the worker's.
struct WebhookRoutes: Sendable {
  let queue: WebhookQueue
  let authentication: WebhookAuthentication
  let maximumBytes: Int
  private let unverified: BodyBudget
  /// Counts a failed authentication against the client's address; returns what to answer, after too many a 429.
  let refusal: @Sendable (Problem, ClientAddress) async -> any Error

  init(
    queue: WebhookQueue, authentication: WebhookAuthentication, maximumBytes: Int,
    refusal: @escaping @Sendable (Problem, ClientAddress) async -> any Error
  ) {
    self.queue = queue
    self.authentication = authentication
    self.maximumBytes = maximumBytes
    self.refusal = refusal
    unverified = BodyBudget(limit: max(256 << 20, maximumBytes))
  }

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.receiveWebhook: receive])
  }

  @Sendable private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
    let claim = try await judge(context) { () throws(Problem) in try authentication.claim(of: request) }
    let body = try await collect(request, claim, context)
    let envelope = try WebhookEnvelope(body: body, signedID: try claim.eventID())
    let result = try await offer(envelope, request, context)
    guard result != .full else { throw Problem.unavailable("queue_full", "the queue is full", retryAfter: 5) }
    return .json(.accepted, WebhookReceipt.json(envelope.eventID, result))
  }

  private func offer(
    _ envelope: WebhookEnvelope, _ request: Request, _ context: APIContext
  ) async throws -> EnqueueResult {
    if let offered = context.offered { return try offered.get() }
    return try await queue.enqueue(
      id: envelope.eventID.text, conversation: envelope.conversationID.text,
      payload: ByteBuffer(bytes: envelope.payload),
      traceparent: request.headers[.traceparent].flatMap(Self.traceparent))
  }

  private func collect(
    _ request: Request, _ claim: WebhookAuthentication.Claim, _ context: APIContext
  ) async throws -> [UInt8] {
    guard case .signed = claim else { return try await request.collectBytes(upTo: maximumBytes) }
    let announced = request.announcedLength ?? maximumBytes
    return try await unverified.with(min(max(announced, 0), maximumBytes)) {
      let body = try await request.collectBytes(upTo: maximumBytes)
      try await judge(context) { () throws(Problem) in try claim.verify(body) }
      return body
    }
  }

  /// Who fails too often is told so; who does not is never held up by others' failures.
  private func judge<Value>(_ context: APIContext, _ check: () throws(Problem) -> Value) async throws -> Value
  {
    do { return try check() } catch { throw await refusal(error, context.clientAddress) }
  }

  /// Carried along when it has the length of W3C's version 00; anything else is not worth keeping.
  static func traceparent(_ field: String) -> String? { field.utf8.count == 55 ? field : nil }
}

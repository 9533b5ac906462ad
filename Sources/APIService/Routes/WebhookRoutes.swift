import Conversations
import HTTPTypes
import Hummingbird
import NIOCore
import Queue

/// `/webhooks/tavus`: authenticates, checks the envelope, queues; the work itself is the worker's.
struct WebhookRoutes: Sendable {
  let queue: WebhookQueue
  /// Nil with `WEBHOOK_AUTH=none`.
  let tokens: WebhookTokens?
  let maximumBytes: Int

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.receiveWebhook: receive])
  }

  @Sendable private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
    try authenticate(request)
    let body = try await request.collectBytes(upTo: maximumBytes)
    let envelope = try WebhookEnvelope(body: body)
    let result = try await queue.enqueue(
      id: envelope.eventID.text, conversation: envelope.conversationID.text,
      payload: ByteBuffer(bytes: envelope.payload), traceparent: traceparent(request))
    switch result {
    case .queued: return accepted(envelope.eventID, "queued")
    case .duplicate: return accepted(envelope.eventID, "duplicate")
    case .full: throw Problem.unavailable("queue_full", "the queue is full", retryAfter: 5)
    }
  }

  /// The query's token; other parameters are ignored, since the provider may add its own.
  private func authenticate(_ request: Request) throws(Problem) {
    guard let tokens else { return }
    let token = request.uri.queryParameters["token"].map(String.init) ?? ""
    guard tokens.accept(token) else { throw .unauthorized("the webhook token is missing or wrong") }
  }

  /// Carried along when it has the length of W3C's version 00; anything else is not worth keeping.
  private func traceparent(_ request: Request) -> String? {
    request.headers[.traceparent].flatMap { $0.utf8.count == 55 ? $0 : nil }
  }

  private func accepted(_ id: EventID, _ status: String) -> Response {
    var writer = JSONWriter(capacity: 128)
    writer.beginObject()
    writer.member("eventId", id.text)
    writer.member("status", status)
    writer.endObject()
    return .json(.accepted, writer.bytes)
  }
}

import EventLoops
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// A client's connection served on its own event loop: Hummingbird's router without its channel. `HTTP_SERVER=loop`.
struct LoopChannel<Responder: HTTPResponder>: ServerChildChannel where Responder.Context == APIContext {
  let responder: Responder
  let watcher: ConnectionWatcher
  let loops: EventLoopParts<LoopExecutor>
  /// Nil when everything goes through the router.
  let cachedReads: EventLoopParts<CachedReads>?
  /// The same.
  let intake: EventLoopParts<WebhookIntake>?
  var limits = ConnectionLimits()

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<LoopConnection> {
    channel.eventLoop.makeCompletedFuture {
      let connection = LoopConnection(channel)
      try ConnectionPipeline.configure(
        channel, limits: limits, watcher: watcher,
        accelerator: { gate in
          guard let cachedReads, let intake else { return nil }
          return Accelerator(
            cachedReads[channel.eventLoop], intake[channel.eventLoop], gate: gate, connection: connection)
        }, program: [connection])
      return connection
    }
  }

  /// Serves one request after the other, in one task. When the connection is gone it is cancelled: nobody would read the
  /// answer. A client that only closed its half still gets one.
  func handle(value connection: LoopConnection, logger: Logger) async {
    watcher.opened()
    defer { watcher.closed() }
    let channel = connection.channel
    await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: loops[channel.eventLoop]) { await serve(connection, logger) }
      await withTaskCancellationHandler {
        // The future of a close never fails.
        try? await channel.closeFuture.get()
      } onCancel: {
        channel.close(promise: nil)
      }
      group.cancelAll()
    }
  }

  private func serve(_ connection: LoopConnection, _ logger: Logger) async {
    while let incoming = await connection.next() {
      let response = await respond(to: incoming, on: connection.channel, logger)
      // It fails when the connection does, and then there is no next request.
      try? await response.body.write(AnswerWriter(response.head, to: connection))
      incoming.body?.discard()
    }
  }

  private func respond(to incoming: IncomingRequest, on channel: any Channel, _ logger: Logger) async
    -> Response
  {
    var context = APIContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
    incoming.prepared.map { context.take($0) }
    var response: Response
    do { response = try await responder.respond(to: Request(incoming), context: context) } catch {
      // Middlewares turn all errors into answers.
      response = Response(status: .internalServerError)
    }
    response.headers[.date] = HTTPDate.now
    return response
  }
}

extension Request {
  fileprivate init(_ incoming: IncomingRequest) {
    self.init(
      head: HTTPRequest(incoming.head),
      body: incoming.body.map { RequestBody(asyncSequence: $0) } ?? RequestBody(buffer: ByteBuffer()))
  }
}

extension HTTPRequest {
  /// - Parameter head: of a request that may be served: its method is known and its target a path.
  fileprivate init(_ head: HTTPRequestHead) {
    var authority: String?
    var fields = HTTPFields()
    fields.reserveCapacity(head.headers.count)
    for (name, value) in head.headers {
      if authority == nil, name.isEqualIgnoringCase(to: "host") {
        authority = value
      } else if let name = HTTPField.Name(name) {
        fields.append(HTTPField(name: name, value: value))
      }
    }
    self.init(
      method: Method(head.method.rawValue) ?? .get, scheme: "http", authority: authority, path: head.uri,
      headerFields: fields)
  }
}

import ConversationStore
import Hummingbird
import NIOCore
import Redis
import Settings
import Telemetry

/// What a request to the worker's port carries: who sent it.
struct WorkerContext: RequestContext, RemoteAddressRequestContext {
  var coreContext: CoreRequestContextStorage
  let remoteAddress: SocketAddress?

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    remoteAddress = source.channel.remoteAddress
  }
}

/// The worker's own port: `/health/live`, `/health/ready`, `/metrics`.
struct WorkerRoutes: Sendable {
  let backends: Backends
  let heartbeat: LoopHeartbeat
  let readiness: Readiness
  let metricsPage: MetricsPage

  func register(in router: Router<WorkerContext>) {
    router.get("/health/live", use: live)
    router.get("/health/ready", use: ready)
    router.get("/metrics", use: metrics)
  }

  /// Fails when the loop or a batch hangs; a dependency that is away is readiness's business.
  @Sendable private func live(_ request: Request, _ context: WorkerContext) -> Response {
    answer(heartbeat.hang() == nil)
  }

  @Sendable private func ready(_ request: Request, _ context: WorkerContext) async -> Response {
    guard !readiness.isDraining, backends.queueRedis.isConnected else { return answer(false) }
    return answer(await backends.isDatabaseAnswering())
  }

  /// Others than operators are not told that there is anything.
  @Sendable private func metrics(_ request: Request, _ context: WorkerContext) async throws -> Response {
    let answer = await metricsPage.answer(
      to: IPAddress(context.remoteAddress), accept: request.headers[values: .accept])
    guard let answer else { throw HTTPError(.notFound) }
    return Response(
      status: .ok, headers: [.contentType: answer.contentType, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.text)))
  }

  private func answer(_ isUp: Bool) -> Response {
    Response(
      status: isUp ? .ok : .serviceUnavailable,
      headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"status":"\#(isUp ? "ok" : "error")"}"#)))
  }
}

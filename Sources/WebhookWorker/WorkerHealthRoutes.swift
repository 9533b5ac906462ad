import ConversationStore
import Hummingbird
import Postgres
import Redis
import Settings
import Telemetry

/// The worker's own port: `/health/live`, `/health/ready`.
struct WorkerHealthRoutes: Sendable {
  let backends: Backends
  let heartbeat: LoopHeartbeat
  let readiness: Readiness

  func register(in router: Router<BasicRequestContext>) {
    router.get("/health/live", use: live)
    router.get("/health/ready", use: ready)
  }

  /// Fails when the loop hangs; a dependency that is away is readiness's business.
  @Sendable private func live(_ request: Request, _ context: BasicRequestContext) -> Response {
    answer(heartbeat.isBeating())
  }

  @Sendable private func ready(_ request: Request, _ context: BasicRequestContext) async -> Response {
    answer(!readiness.isDraining && backends.queueRedis.isConnected && backends.databases.primary.isReachable)
  }

  private func answer(_ isUp: Bool) -> Response {
    Response(
      status: isUp ? .ok : .serviceUnavailable,
      headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: #"{"status":"\#(isUp ? "ok" : "error")"}"#)))
  }
}

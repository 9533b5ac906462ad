import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird
import Redis
import Settings
import Telemetry

/// `/health`, `/health/live`, `/health/ready`: for people and monitors, for the kubelet, for load balancers.
struct HealthRoutes: Sendable {
  let backends: Backends
  let readiness: Readiness

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.health: report])
    routes.add([.live: live])
    routes.add([.ready: ready])
  }

  /// Never touches a dependency: a restart would not bring one back.
  @Sendable private func live(_ request: Request, _ context: APIContext) async throws -> Response {
    .json(.ok, Array(#"{"status":"ok"}"#.utf8), [.cacheControl: "no-store"])
  }

  /// Whether reads can be answered here.
  @Sendable private func ready(_ request: Request, _ context: APIContext) async throws -> Response {
    guard !readiness.isDraining else { throw Problem.unavailable("draining", "the service is shutting down") }
    if !canServeFromCache, await !backends.isDatabaseAnswering() {
      throw Problem.unavailable("not_ready", "the database is down")
    }
    return .json(.ok, Array(#"{"status":"ok"}"#.utf8), [.cacheControl: "no-store"])
  }

  private var canServeFromCache: Bool { backends.servesWithoutDatabase && backends.cacheRedis.isConnected }

  @Sendable private func report(_ request: Request, _ context: APIContext) async throws -> Response {
    async let database = backends.isDatabaseAnswering()
    async let redis = isUp(backends.cacheRedis)
    async let queue = isUp(backends.queueRedis)
    let report = await HealthReport(database: database, redis: redis, queue: queue)
    return .json(
      report.isServing ? .ok : .serviceUnavailable, report.jsonBytes(), [.cacheControl: "no-store"])
  }

  private func isUp(_ redis: RedisClient) async -> Bool {
    do {
      _ = try await redis.execute(RedisCommand("PING"), timeout: .milliseconds(500))
      return true
    } catch { return false }
  }
}

import Conversations
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Queue
import ServiceLifecycle
import Settings
import Telemetry

/// The composition root: every object of the service, built from settings once.
struct APIAssembly: Sendable {
  let readiness = Readiness()
  let backends: Backends
  let queue: WebhookQueue
  let identity: Identity
  private let metrics = PrometheusMetrics()
  private let settings: APISettings
  private let logger: Logger

  init(settings: APISettings, logger: Logger) async throws {
    self.settings = settings
    self.logger = logger
    backends = Backends(
      settings.backends, queueScripts: [QueueScripts.bundled.enqueue], metrics: metrics, logger: logger)
    var queueSettings = QueueSettings()
    queueSettings.maximumDepth = settings.queueMaximumDepth
    queueSettings.shards = settings.queueShards
    queue = WebhookQueue(redis: backends.queueRedis, settings: queueSettings)
    identity = try await Self.identity(settings)
  }

  /// All routes with their middlewares.
  func router() -> Router<APIContext> {
    let router = Router(context: APIContext.self)
    router.add(
      middleware: RequestLog(
        logger: logger, metrics: RequestMetrics(metrics),
        crossOrigin: CrossOriginPolicy(settings.crossOrigin)))
    let open = RouteTable(router)
    HealthRoutes(backends: backends, readiness: readiness)
      .register(in: open)
    let scrape = BackendScrape(registry: metrics, backends: backends)
    MetricsRoutes(page: MetricsPage(networks: settings.adminNetworks) { await scrape.families() })
      .register(in: open)
    WebhookRoutes(queue: queue, tokens: webhookTokens, maximumBytes: settings.webhookMaximumBytes)
      .register(in: open)
    let authenticated = RouteTable(router.group().add(middleware: Authentication(identity: identity)))
    ConversationRoutes(store: backends.store).register(in: authenticated)
    UserRoutes(store: backends.store).register(in: authenticated)
    return router
  }

  /// Everything that runs, in the order of starting; stopped in reverse.
  func services() -> [any Service] {
    let watcher = ConnectionWatcher(metrics: metrics, logger: logger) { [readiness] in readiness.isDraining }
    var application = Application(
      router: router(),
      server: HTTPServerBuilder { APIChannel(responder: $0, watcher: watcher) },
      configuration: .init(
        address: .hostname(settings.host, port: settings.port), backlog: 4096,
        availableConnectionsDelegate: .maximum(OpenFiles.connectionLimit(), logger: Logger(label: "http"))),
      onServerRunning: { [logger, settings] channel in
        let port = channel.localAddress?.port ?? settings.port
        logger.notice("listening", metadata: [LogKey.url: "http://\(settings.host):\(port)"])
      },
      logger: Logger(label: "http"))
    // What it reports is about single connections and its own shutdown; requests have their own log.
    application.logger.logLevel = .critical
    return backends.services + [application]
  }

  private var webhookTokens: WebhookTokens? {
    settings.webhookAuth == .token ? WebhookTokens(settings.webhookTokens) : nil
  }

  private static func identity(_ settings: APISettings) async throws -> Identity {
    switch settings.authMode {
    case .jwt: .token(await TokenVerifier(settings: settings.identity, secret: settings.jwtSecret))
    case .none: .everyone(Principal(userID: UserID(stored: "local"), role: .admin))
    }
  }
}

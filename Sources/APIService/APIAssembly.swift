import Conversations
import Hummingbird
import Logging
import NIOCore
import Queue
import RateLimit
import ServiceLifecycle
import Settings
import Telemetry

/// The composition root: every object of the service, built from settings once.
struct APIAssembly: Sendable {
  let readiness = Readiness()
  let backends: Backends
  let queue: WebhookQueue
  let identity: Identity
  let limits: RateLimits
  private let metrics = PrometheusMetrics()
  private let settings: APISettings
  private let logger: Logger

  init(settings: APISettings, logger: Logger) async throws {
    self.settings = settings
    self.logger = logger
    backends = Backends(
      settings.backends, cacheScripts: RateScripts.all, queueScripts: [QueueScripts.bundled.enqueue],
      metrics: metrics, logger: logger)
    var queueSettings = QueueSettings()
    queueSettings.maximumDepth = settings.queueMaximumDepth
    queueSettings.shards = settings.queueShards
    queue = WebhookQueue(redis: backends.queueRedis, settings: queueSettings)
    identity = try await Self.identity(settings)
    limits = RateLimits(settings.rateLimit, cache: backends.cache, metrics: metrics)
  }

  /// All routes with their middlewares.
  ///
  /// - Parameter catalogue: gets the operations that they serve.
  func router(_ catalogue: RouteCatalogue = RouteCatalogue()) -> Router<APIContext> {
    let router = Router(context: APIContext.self)
    router.add(middleware: RequestLog(logger: logger, metrics: RequestMetrics(metrics)))
    router.add(middleware: Forwarding(proxies: settings.trustedProxies))
    router.add(middleware: OtherMethods())
    let open = RouteTable(router, catalogue: catalogue, needsToken: false)
    HealthRoutes(backends: backends, readiness: readiness)
      .register(in: open)
    let scrape = BackendScrape(registry: metrics, backends: backends)
    MetricsRoutes(page: MetricsPage(networks: settings.adminNetworks) { await scrape.families() })
      .register(in: open)
    WebhookRoutes(queue: queue, tokens: webhookTokens, maximumBytes: settings.webhookMaximumBytes)
      .register(in: open)
    let authenticated = RouteTable(
      router.group().add(middleware: Authentication(identity: identity, limits: limits))
        .add(middleware: RateLimiting(limits: limits)), catalogue: catalogue, needsToken: true)
    ConversationRoutes(store: backends.store).register(in: authenticated)
    UserRoutes(store: backends.store).register(in: authenticated)
    DocumentRoutes(catalogue: catalogue).register(in: open)
    return router
  }

  /// Everything that runs, in the order of starting; stopped in reverse.
  func services() -> [any Service] {
    var application = Application(
      router: router(),
      server: .http1(configuration: .init(idleTimeout: .seconds(60))),
      configuration: .init(address: .hostname(settings.host, port: settings.port), backlog: 4096),
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

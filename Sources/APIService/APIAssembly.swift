import Conversations
import Erasure
import EventLoops
import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import NIOPosix
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
  private let eraser: Eraser
  let identity: Identity
  let limits: RateLimits
  /// The identity provider's, if there is one.
  private let publicKeys: PublicKeys?
  private let metrics = PrometheusMetrics()
  private let record: RequestRecord
  private let crossOrigin: CrossOriginPolicy?
  private let settings: APISettings
  private let logger: Logger

  init(settings: APISettings, logger: Logger) async throws {
    self.settings = settings
    self.logger = logger
    backends = Backends(
      settings.backends, cacheScripts: RateScripts.all,
      queueScripts: [QueueScripts.bundled.enqueue, QueueScripts.bundled.erase],
      metrics: metrics, logger: logger)
    var queueSettings = QueueSettings()
    queueSettings.maximumDepth = settings.queueMaximumDepth
    queueSettings.shards = settings.queueShards
    queue = WebhookQueue(redis: backends.queueRedis, settings: queueSettings)
    eraser = Eraser(store: backends.store, queue: queue)
    publicKeys = try await Self.publicKeys(settings.identity, metrics, logger)
    identity = try await Self.identity(settings.identity, publicKeys)
    record = RequestRecord(logger: logger, metrics: RequestMetrics(metrics))
    crossOrigin = CrossOriginPolicy(settings.crossOrigin)
    limits = RateLimits(settings.rateLimit, cache: backends.cache, metrics: metrics)
  }

  /// All routes with their middlewares.
  ///
  /// - Parameter catalogue: gets the operations that they serve.
  func router(_ catalogue: RouteCatalogue = RouteCatalogue()) -> Router<APIContext> {
    let router = Router(context: APIContext.self)
    router.add(middleware: RequestLog(record: record, crossOrigin: crossOrigin))
    router.add(middleware: Forwarding(proxies: settings.trustedProxies))
    let open = RouteTable(router, catalogue: catalogue, needsToken: false)
    HealthRoutes(backends: backends, readiness: readiness)
      .register(in: open)
    let scrape = BackendScrape(registry: metrics, backends: backends)
    let page = MetricsPage(networks: settings.adminNetworks) { [publicKeys] in
      await scrape.families() + (publicKeys?.families ?? [])
    }
    MetricsRoutes(page: page)
      .register(in: open)
    WebhookRoutes(
      queue: queue, authentication: settings.webhooks.authentication,
      maximumBytes: settings.webhooks.maximumBytes,
      refusal: { [limits] in await limits.webhookRefusal(of: $0, from: $1) }
    )
    .register(in: open)
    let authenticated = RouteTable(
      router.group().add(middleware: Authentication(identity: identity, limits: limits))
        .add(middleware: RateLimiting(limits: limits)), catalogue: catalogue, needsToken: true)
    ConversationRoutes(store: backends.store, eraser: eraser).register(in: authenticated)
    UserRoutes(store: backends.store).register(in: authenticated)
    DocumentRoutes(catalogue: catalogue).register(in: open)
    return router
  }

  /// Everything that runs, in the order of starting; stopped in reverse.
  func services() -> [any Service] {
    let watcher = ConnectionWatcher(metrics: metrics, logger: logger) { [readiness] in readiness.isDraining }
    let responder = router().buildResponder()
    var application = Application(
      responder: responder, server: server(responder, watcher),
      configuration: .init(
        address: .hostname(
          settings.listener.address.description, port: settings.listener.port), backlog: 4096,
        availableConnectionsDelegate: .maximum(OpenFiles.connectionLimit(), logger: Logger(label: "http"))),
      onServerRunning: { [logger, settings] channel in
        let port = channel.localAddress?.port ?? settings.listener.port
        logger.notice("listening", metadata: [LogKey.url: "http://\(settings.listener.host):\(port)"])
      },
      logger: Logger(label: "http"))
    // What it reports is about single connections and its own shutdown; requests have their own log.
    application.logger.logLevel = .critical
    let keys: [any Service] = publicKeys.map { [$0] } ?? []
    return backends.services + keys + [
      ErasureService(eraser: eraser, logger: logger), ListenerService(application, settings.listener),
    ]
  }

  /// What the accelerator shares with the router.
  private var readParts: CachedReads.Parts {
    CachedReads.Parts(
      cache: backends.cache, identity: identity, limits: limits, record: record, crossOrigin: crossOrigin,
      look: CachedReads.Parts.asking(backends.cache), load: CachedReads.Parts.reading(backends.store))
  }

  /// The same for webhooks.
  private var intakeParts: WebhookIntake.Parts {
    WebhookIntake.Parts(
      authentication: settings.webhooks.authentication, maximumBytes: settings.webhooks.maximumBytes,
      record: record, crossOrigin: crossOrigin, offer: WebhookIntake.Parts.offering(to: queue))
  }

  private func server(
    _ responder: some HTTPResponder<APIContext>, _ watcher: ConnectionWatcher
  ) -> HTTPServerBuilder {
    switch settings.server {
    case .stock: HTTPServerBuilder { StockChannel(responder: $0, watcher: watcher) }
    case .routed:
      HTTPServerBuilder { _ in
        LoopChannel(
          responder: responder, watcher: watcher, loops: LoopExecutor.all, cachedReads: nil, intake: nil)
      }
    case .loop:
      HTTPServerBuilder { [readParts, intakeParts] _ in
        let loops = MultiThreadedEventLoopGroup.singleton
        return LoopChannel(
          responder: responder, watcher: watcher, loops: LoopExecutor.all,
          cachedReads: EventLoopParts(loops) { CachedReads(readParts, on: LoopExecutor.all[$0]) },
          intake: EventLoopParts(loops) { WebhookIntake(intakeParts, on: $0) })
      }
    }
  }

  private static func identity(_ settings: IdentitySettings, _ publicKeys: PublicKeys?) async throws
    -> Identity
  {
    switch settings.mode {
    case .jwt: .token(try await TokenVerifier(settings: settings, publicKeys: publicKeys))
    case .none: .everyone(Principal(userID: UserID(stored: "local"), role: .admin))
    }
  }

  /// A file that cannot be used is a bad setting, and what was found in one that can is the first set; a server may come
  /// back, and is waited for by whoever needs it.
  private static func publicKeys(
    _ settings: IdentitySettings, _ metrics: PrometheusMetrics, _ logger: Logger
  ) async throws -> PublicKeys? {
    guard let source = settings.keySource else { return nil }
    let outcomes = ["ok", "failed"].map { metrics.counter(MetricName.keySetFetches, [("outcome", $0)]) }
    let keys = PublicKeys(logger: logger, observe: { outcomes[$0 ? 0 : 1].increment() }) {
      () throws(KeySetError) in
      try await source.fetch()
    }
    if case .file = source {
      do { await keys.begin(with: try await source.fetch()) } catch {
        throw SettingsError(problems: [
          SettingsProblem(name: "JWT_JWKS_FILE", detail: "cannot be used: \(error)")
        ])
      }
    }
    return keys
  }
}

extension PublicKeys {
  /// What metrics show of them.
  fileprivate nonisolated var families: [MetricFamily] {
    age.map { [MetricFamily(MetricName.keySetAge, .gauge, $0 / .seconds(1))] } ?? []
  }
}

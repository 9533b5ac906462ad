import ConversationStore
import Erasure
import Hummingbird
import Logging
import Queue
import ServiceLifecycle
import Settings
import Telemetry

/// The composition root: every object of the worker, built from settings once.
struct WorkerAssembly: Sendable {
  let readiness = Readiness()
  let backends: Backends
  let loop: DeliveryLoop
  private let queue: WebhookQueue
  private let consumer: QueueConsumer
  private let metrics = PrometheusMetrics()
  private let copier: DeadLetterCopier
  private let upkeep: UpkeepService
  private let erasure: ErasureService
  private let settings: WorkerSettings
  private let logger: Logger

  init(settings: WorkerSettings, logger: Logger) {
    self.settings = settings
    self.logger = logger
    backends = Backends(
      settings.backends, queueScripts: QueueScripts.bundled.all, metrics: metrics, logger: logger)
    var queueSettings = QueueSettings()
    queueSettings.shards = settings.queueShards
    queueSettings.setLease(settings.lease)
    queue = WebhookQueue(redis: backends.queueRedis, settings: queueSettings)
    let counts = WorkerMetrics(metrics)
    consumer = QueueConsumer(queue: queue, logger: logger, onReap: counts.reaped)
    let delivery = BatchDelivery(store: backends.store, metrics: counts, logger: logger)
    copier = DeadLetterCopier(queue: queue, consumer: consumer, store: backends.store, logger: logger)
    upkeep = UpkeepService(
      queue: queue, store: backends.store, copier: copier, retention: settings.retention, logger: logger)
    erasure = ErasureService(eraser: Eraser(store: backends.store, queue: queue), logger: logger)
    loop = DeliveryLoop(
      queue: queue, consumer: consumer, delivery: delivery, settings: settings, logger: logger)
  }

  /// Everything that runs, in the order of starting; stopped in reverse: the loop before what it stands on,
  /// and health last of ours, since a client may keep its server from closing.
  func services() -> [any Service] {
    backends.services + [server(), consumer, copier, upkeep, erasure, loop]
  }

  private func server() -> some Service {
    let router = Router(context: WorkerContext.self, options: .autoGenerateHeadEndpoints)
    let scrape = WorkerScrape(
      backends: BackendScrape(registry: metrics, backends: backends),
      // Its absence is what is reported when it does not answer.
      queue: Sampler { [queue] in try? await queue.statistics() }, heartbeat: loop.heartbeat)
    WorkerRoutes(
      backends: backends, heartbeat: loop.heartbeat, readiness: readiness,
      metricsPage: MetricsPage(networks: settings.adminNetworks) { await scrape.families() }
    ).register(in: router)
    var application = Application(
      router: router,
      configuration: .init(
        address: .hostname(settings.listener.address.description, port: settings.listener.port)),
      onServerRunning: { [logger, settings] channel in
        let port = channel.localAddress?.port ?? settings.listener.port
        logger.notice("listening", metadata: [LogKey.url: "http://\(settings.listener.host):\(port)"])
      },
      logger: Logger(label: "http"))
    // What it reports is about single connections and its own shutdown.
    application.logger.logLevel = .critical
    return ListenerService(application, settings.listener)
  }
}

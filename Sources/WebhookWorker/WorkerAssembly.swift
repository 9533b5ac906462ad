import Cache
import ConversationStore
import Hummingbird
import Logging
import Postgres
import Queue
import Redis
import ServiceLifecycle
import Settings
import Telemetry

/// The composition root: every object of the worker, built from settings once.
struct WorkerAssembly: Sendable {
  let readiness = Readiness()
  let database: PostgresClient
  let cacheRedis: RedisClient
  let queueRedis: RedisClient
  let loop: DeliveryLoop
  private let consumer: QueueConsumer
  private let settings: WorkerSettings
  private let logger: Logger

  init(settings: WorkerSettings, logger: Logger) {
    self.settings = settings
    self.logger = logger
    let backends = settings.backends
    database = PostgresClient(url: backends.writeURL, settings: backends.postgresSettings, logger: logger)
    cacheRedis = RedisClient(url: backends.cacheURL, logger: logger)
    queueRedis = RedisClient(url: backends.queueURL, logger: logger)
    let cache = Cache(redis: cacheRedis, settings: backends.cache, logger: logger)
    var queueSettings = QueueSettings()
    queueSettings.shards = settings.queueShards
    let queue = WebhookQueue(redis: queueRedis, settings: queueSettings)
    consumer = QueueConsumer(queue: queue, logger: logger)
    let store = ConversationStore(database: database, cache: cache, logger: logger)
    loop = DeliveryLoop(
      queue: queue, consumer: consumer, delivery: BatchDelivery(store: store, logger: logger),
      settings: settings, logger: logger)
  }

  /// Everything that runs, in the order of starting; stopped in reverse: the loop before what it stands on.
  func services() -> [any Service] {
    [database, cacheRedis, queueRedis, consumer, loop, healthServer()]
  }

  private func healthServer() -> some Service {
    let router = Router()
    WorkerHealthRoutes(
      database: database, queueRedis: queueRedis, heartbeat: loop.heartbeat, readiness: readiness
    )
    .register(in: router)
    var application = Application(
      router: router, configuration: .init(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: { [logger, settings] channel in
        let port = channel.localAddress?.port ?? settings.port
        logger.notice("listening", metadata: [LogKey.url: "http://\(settings.host):\(port)"])
      },
      logger: Logger(label: "http"))
    application.logger.logLevel = .warning
    return application
  }
}

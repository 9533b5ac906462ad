import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// Three APIs, two workers, a Redis pair for the cache, one for the queue, a Postgres pair; and what is known of them.
final class ConsistencyStage: Sendable {
  let system: LocalSystem
  let cache: CachePair
  let replica: PostgresServer
  let replicaAddress: TCPProxy
  let instances: [Instance]
  let form: FaultForm
  let clock = RunClock()
  let recorder = Recorder()
  private let random: NIOLockedValueBox<SplitMix64>
  private let settings: [String: String]
  private let installation: Installation

  /// Runs `body` on a stage of its own, which is ended afterwards.
  static func run(
    _ form: FaultForm, seed: UInt64, from installation: Installation = .build,
    _ settings: [String: String] = [:], _ body: (ConsistencyStage) async throws -> Void
  ) async throws {
    let stage = try await ConsistencyStage(form, seed, installation, settings)
    do { try await body(stage) } catch {
      await stage.end()
      throw error
    }
    await stage.end()
  }

  private init(
    _ form: FaultForm, _ seed: UInt64, _ installation: Installation, _ settings: [String: String]
  ) async throws {
    self.form = form
    self.installation = installation
    self.settings = settings
    random = NIOLockedValueBox(SplitMix64(seed: seed))
    let primary = try await PostgresServer.start(arguments: ["-c", "track_commit_timestamp=on"])
    system = try await LocalSystem.start(postgres: primary)
    replica = try await PostgresServer.startReplica(of: primary)
    replicaAddress = try await TCPProxy.start(to: replica.port)
    cache = try await CachePair(primary: system.cacheRedis)
    var instances: [Instance] = []
    for (name, kind) in Self.cast {
      instances.append(
        Instance(
          name, kind, cache: try await TCPProxy.start(to: cache.primary.port),
          database: try await TCPProxy.start(to: primary.port)))
    }
    self.instances = instances
    try await CommitAudit(system: system).install()
    try await concurrently(instances) { try await self.start($0) }
  }

  private static let cast: [(String, ProgramKind)] = [
    ("api-1", .api), ("api-2", .api), ("api-3", .api), ("worker-1", .worker), ("worker-2", .worker),
  ]

  var apis: [Instance] { instances.filter { $0.kind == .api } }
  var workers: [Instance] { instances.filter { $0.kind == .worker } }

  /// An API that can be expected to answer, chosen by the seed.
  func anyAPI() throws -> Instance {
    let running = apis.filter { $0.program != nil }
    guard let api = choose(running) else { throw IntegrationError("no API is left") }
    return api
  }

  func choose<Element>(_ elements: [Element]) -> Element? {
    random.withLockedValue { elements.randomElement(using: &$0) }
  }

  /// Independent choices for one of the actors of the load.
  func randomness() -> SplitMix64 { random.withLockedValue { SplitMix64(seed: $0.next()) } }

  /// The time from one fault to the next, give or take a fifth.
  func pause(_ short: Duration, _ long: Duration) async throws {
    let stretch = random.withLockedValue { Int.random(in: 80...120, using: &$0) }
    try await Task.sleep(for: form.pick(short, long) * stretch / 100)
  }

  /// Starts, or starts again, one of the programs.
  func start(_ instance: Instance) async throws {
    let environment = environment(of: instance)
    switch instance.kind {
    case .api: instance.began(try await system.startAPI(environment, from: installation).program)
    case .worker: instance.began(try await system.startWorker(environment, from: installation))
    }
  }

  private func environment(of instance: Instance) -> [String: String] {
    func url(_ port: Int) -> String {
      let direct = ":\(system.postgres.port)/"
      return system.programURL.replacing(direct, with: ":\(port)/") + "?application_name=\(instance.name)"
    }
    let own = [
      "REDIS_CACHE_URL": "redis://127.0.0.1:\(instance.cache.port)",
      "DATABASE_URL": url(instance.database.port), "DATABASE_READ_URL": url(replicaAddress.port),
      "WORKER_LEASE_SECONDS": "3",
    ]
    return own.merging(settings) { $1 }
  }

  private func end() async {
    for instance in instances { instance.thaw() }
    await system.end(ownPostgres: true)
    // What is gone already is fine; the rest goes with the test process at the latest.
    try? await replica.kill()
    try? await cache.end()
  }
}

extension ConsistencyStage {
  /// Who leads the relay: the one whose transaction holds an advisory lock for longer than a glance takes.
  func relayLeader() async throws -> Instance {
    let question = """
      SELECT DISTINCT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
        AND a.xact_start < clock_timestamp() - interval '300 ms'
      """
    let leader = try await poll(within: .seconds(10)) { () -> Instance? in
      let names = try await system.rows(question).compactMap(\.first)
      return instances.first { names.contains($0.name) && $0.program != nil }
    }
    guard let leader else { throw IntegrationError("nobody leads the relay") }
    return leader
  }
}

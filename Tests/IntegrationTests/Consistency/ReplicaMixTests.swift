import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  @Suite("Reads that replicas take over from the primary")
  struct ReplicaMixTests {
    @Test("With replicas the primary answers fewer of the misses, and nothing is stale")
    func mix() async throws {
      var rows: [ReplicaMix] = []
      for replicas in ConsistencyForm.current.pick([0, 2], [0, 1, 2]) {
        rows.append(try await ReplicaMix.measure(replicas: replicas))
      }
      FaultReport.tell(([ReplicaMix.heading] + rows.map(\.line)).joined(separator: "\n"))
      for row in rows {
        #expect(row.verdict.isSound, "\(row.verdict.complaints)")
        #expect(row.hits > 0)
        // Of several misses at once one asks Postgres for all; a replica that lags may be asked in vain.
        #expect(row.primaryReads <= row.misses)
        #expect(row.replicaReads.allSatisfy { $0 > 0 })
      }
      for row in rows.dropFirst() { #expect(row.primaryReads < rows[0].primaryReads) }
    }
  }
}

/// A mix of reads and writes against a primary with so many replicas.
private struct ReplicaMix {
  private static let operations = ConsistencyForm.current.pick(2000, 10_000)
  private static let clients = 8
  private static let users = 20
  private static let conversations = 200

  let replicas: Int
  var hits = 0
  var misses = 0
  var writes = 0
  var primaryReads = 0
  var replicaReads: [Int] = []
  var verdict = Verdict()

  static let heading = row(["replicas", "reads", "writes", "hits", "on primary", "on replicas", "stale"])

  var line: String {
    let onReplicas = replicaReads.isEmpty ? "-" : replicaReads.map(String.init).joined(separator: " + ")
    let stale = verdict.stale + verdict.tooOld + verdict.impossible
    return Self.row(
      [replicas, verdict.reads, writes, hits, primaryReads].map(String.init) + [onReplicas, "\(stale)"])
  }

  private static func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(0, 12 - $0.count)) + $0 }.joined()
  }

  static func measure(replicas count: Int) async throws -> ReplicaMix {
    let statistics = ["-c", "shared_preload_libraries=pg_stat_statements"]
    let primary = try await PostgresServer.start(arguments: statistics + ["-c", "track_commit_timestamp=on"])
    let system = try await LocalSystem.start(postgres: primary)
    _ = try await system.rows("CREATE EXTENSION pg_stat_statements")
    var replicas: [PostgresServer] = []
    for _ in 0..<count {
      replicas.append(try await PostgresServer.startReplica(of: primary, arguments: statistics))
    }
    let mix = try await ReplicaMix(replicas: count).run(system, replicas)
    await system.end(ownPostgres: true)
    for replica in replicas { try await replica.kill() }
    return mix
  }

  private func run(_ system: LocalSystem, _ replicas: [PostgresServer]) async throws -> ReplicaMix {
    func replaced(_ url: String) -> (PostgresServer) -> String {
      { url.replacing(":\(system.postgres.port)/", with: ":\($0.port)/") }
    }
    let url = replaced(system.databaseURL)
    let programURLs = replicas.map(replaced(system.programURL))
    let settings = replicas.isEmpty ? [:] : ["DATABASE_READ_URL": programURLs.joined(separator: ",")]
    let apis = [try await system.startAPI(settings), try await system.startAPI(settings)]
    let crowd = try await MixedCrowd(
      system, apis, users: Self.users, conversations: Self.conversations)
    try await crowd.warmUp()
    for url in [system.databaseURL] + replicas.map(url) {
      _ = try await Self.ask(url, "SELECT pg_stat_statements_reset()")
    }
    try await crowd.run(clients: Self.clients, operations: Self.operations)
    var mix = self
    (mix.hits, mix.misses, mix.writes) = crowd.counts
    mix.verdict = try await crowd.verdict()
    mix.primaryReads = try await Self.reads(system.databaseURL)
    for replica in replicas { mix.replicaReads.append(try await Self.reads(url(replica))) }
    return mix
  }

  /// Calls of the statements that answer a conversation or a user's list.
  private static func reads(_ url: String) async throws -> Int {
    let text = try await ask(
      url,
      """
      SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
      WHERE query LIKE 'SELECT id, user_id%FROM conversations WHERE id = $1' OR query LIKE 'SELECT t.total, c.*%'
      """)
    return Int(text) ?? -1
  }

  private static func ask(_ url: String, _ sql: String) async throws -> String {
    let shell = try ChildProcess("psql", ["--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql])
    guard try await shell.wait() == .code(0) else { throw IntegrationError("\(sql): \(shell.lines)") }
    try await shell.waitForOutputEnd()
    return shell.lines.joined()
  }
}

/// Clients of which each reads nineteen times and writes once, most often the few conversations that most others read.
private struct MixedCrowd: Sendable {
  private struct Counts {
    var hits = 0
    var misses = 0
    var writes = 0
  }

  private let system: LocalSystem
  private let apis: [API]
  private let population: Population
  private let popularity: Zipf
  private let recorder = Recorder()
  private let clock = RunClock()
  private let tally = NIOLockedValueBox(Counts())

  init(_ system: LocalSystem, _ apis: [API], users: Int, conversations: Int) async throws {
    self.system = system
    self.apis = apis
    try await CommitAudit(system: system).install()
    population = try await Population.register(apis[0], users: users, conversations: conversations)
    for number in 0..<conversations { recorder.add(Versioned(conversation: number, part: .title)) }
    popularity = Zipf(conversations)
  }

  var counts: (hits: Int, misses: Int, writes: Int) {
    tally.withLockedValue { ($0.hits, $0.misses, $0.writes) }
  }

  func verdict() async throws -> Verdict {
    let commits = try await CommitAudit(system: system).commits(population.numbers, clock)
    return Judge(recorder.history, commits: commits, bound: ConsistencyForm.bound)
      .verdict(on: recorder.history.reads)
  }

  /// Everything has been read once, as in a system that has run for a while: whose first read is the primary's.
  func warmUp() async throws {
    let targets =
      (0..<population.ids.count).map { ReadTarget.conversation($0) }
      + (0..<population.users).map { ReadTarget.list(user: $0) }
    try await concurrently(targets) { target in
      let api = apis[target.user(population) % apis.count]
      _ = try await api.client(population.name(ofUser: target.user(population))).getThroughCache(
        target.path(population))
    }
  }

  func run(clients: Int, operations: Int) async throws {
    try await concurrently(0..<clients, width: clients) { client in
      var random = SplitMix64(seed: UInt64(client))
      for operation in 0..<(operations / clients) {
        let number = popularity.choose(&random)
        let api = apis[operation % apis.count].client(population.name(ofUser: population.user(of: number)))
        if Int.random(in: 0..<20, using: &random) == 0 {
          try await write(number, api)
        } else {
          let isList = Int.random(in: 0..<4, using: &random) == 0
          try await read(isList ? .list(user: population.user(of: number)) : .conversation(number), api)
        }
      }
    }
  }

  private func read(_ target: ReadTarget, _ client: Client) async throws {
    let began = clock.now
    let answer = try await client.get(target.path(population))
    let status = answer.field("Cache-Status") ?? ""
    recorder.append(
      ReadRecord(
        began: began, ended: clock.now, sightings: try target.sightings(answer, population),
        origin: "\(target) \(status)"),
      answer, from: "")
    tally.withLockedValue { if answer.isHit { $0.hits += 1 } else { $0.misses += 1 } }
  }

  private func write(_ number: Int, _ client: Client) async throws {
    let title = Versioned(conversation: number, part: .title)
    let version = recorder.beginWrite(of: title, at: clock.now)
    let answer = try await client.patch("/conversations/\(population.ids[number])", ["title": "\(version)"])
    #expect(answer.status == 200, "\(answer)")
    if answer.field("Cache-Status") == nil { recorder.confirm(title, version, at: clock.now) }
    tally.withLockedValue { $0.writes += 1 }
  }
}

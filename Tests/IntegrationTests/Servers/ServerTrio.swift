import Foundation
import TestSupport

/// One installation with an API of each server, and one more that prepares what they are asked for.
struct ServerTrio: Sendable {
  static let kinds = ["loop", "routed", "stock"]

  let system: LocalSystem
  /// In the order of `kinds`.
  let servers: [API]
  let helper: API

  /// - Parameter changes: to the settings of the three.
  static func run(
    _ changes: [String: String] = [:], _ body: (ServerTrio) async throws -> Void
  ) async throws {
    try await LocalSystem.run { system in
      var servers: [API] = []
      for kind in kinds {
        servers.append(try await system.startAPI(changes.merging(["HTTP_SERVER": kind]) { $1 }))
      }
      let helper = try await system.startAPI()
      try await system.startWorker()
      try await body(ServerTrio(system: system, servers: servers, helper: helper))
    }
  }

  /// A conversation of this owner, with a transcript.
  func conversation(of owner: String, _ messages: [String]) async throws -> ConversationBody {
    let external = Name.externalID()
    let conversation = try await helper.register(external, owner: owner, title: "Title")
    let event = try ProviderEvent.transcript(external, messages)
    try await helper.acceptInTheEnd([event])
    try await system.waitUntilSettled(event)
    return conversation
  }

  /// Sees to it that Redis has what is read at this path.
  func warm(_ path: String) async throws -> Answer {
    let answer = try await poll(within: .seconds(20)) {
      let answer = try await helper.client("warmer", role: "admin").get(path)
      return answer.isHit || answer.isUncached || answer.status != 200 ? answer : nil
    }
    guard let answer else { throw IntegrationError("no hit: \(path)") }
    return answer
  }

  /// Waits until Redis has got what was loaded: it is sent behind the answer, and ends a lease.
  func settle() async throws {
    guard
      try await eventually({
        try await system.ask(system.cacheRedis, "KEYS", "*:lease:*").allSatisfy(\.isEmpty)
      })
    else { throw IntegrationError("something is being filled all the time") }
  }

  /// Forgets what is cached, and what was counted for the limits.
  func forget() async throws {
    let script = """
      local count = 0 for _, pattern in ipairs({'rate:*', 'conversation:*', 'user:*'}) do \
      for _, key in ipairs(redis.call('KEYS', pattern)) do count = count + redis.call('DEL', key) end end return count
      """
    _ = try await system.ask(system.cacheRedis, "EVAL", script, "0")
  }

  /// What one server counted, without the tests' own probes.
  func counts(of server: API) async throws -> [String: Double] {
    let scrape = try await Scrape.of(server.program)
    let names = [
      "freshet_api_requests_total", "freshet_cache_reads_total", "freshet_rate_limit_requests_total",
    ]
    return names.map { scrape.family($0) }.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
      .filter { !$0.key.contains(#"route="/health/ready""#) && !$0.key.contains(#"route="/metrics""#) }
  }
}

extension Answer {
  /// Whether it is one that is never kept.
  fileprivate var isUncached: Bool { field("Cache-Status")?.contains("uncached") == true }
}

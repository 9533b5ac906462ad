import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  /// What Redis spends on the cache, and how much of the reading it takes off Postgres, with real dialogues where they
  /// are at hand.
  @Suite("What the cache costs and saves")
  struct CacheCostTests {
    private static let clients = 8

    @Test("Hits cost Redis less than misses; reads by Zipf's law beside writes are hits for the most part")
    func costs() async throws {
      let dialogues = try DialogueSet.load().bodies
      try await LocalSystem.run { system in
        let apis = [try await system.startAPI(), try await system.startAPI()]
        try await system.startWorker()
        try await apis[0].acceptInTheEnd(dialogues)
        try await system.waitUntilQueueIsEmpty(within: .seconds(60))
        let ids = try await system.rows("SELECT id FROM conversations ORDER BY id").map { $0[0] }
        let paths = ids.flatMap { ["/conversations/\($0)", "/conversations/\($0)/messages?page=1&limit=20"] }
        let meter = try await RedisMeter(system)

        let misses = try await meter.measure("miss", paths.count) { try await Self.read(paths, apis) }
        let again = paths + paths + paths
        let hits = try await meter.measure("hit", again.count) { try await Self.read(again, apis) }
        // Up to 500 are logged; so each of the limited readers keeps below.
        let limited = [
          try await system.startAPI(["RATE_LIMIT_SERVICE_REQUESTS": "500"]),
          try await system.startAPI(["RATE_LIMIT_SERVICE_REQUESTS": "500"]),
        ]
        let limitedHits = try await meter.measure("hit, rate limited", again.count) {
          try await Self.read(again, limited, readers: again.count / 400 + 1)
        }
        let writes = try await meter.measure("PATCH", ids.count) { try await Self.write(ids, apis) }
        #expect(misses.result.hits < paths.count / 20)
        #expect(hits.result.hits > again.count * 9 / 10)
        #expect(limitedHits.result.hits > again.count * 9 / 10)
        #expect(hits.milliseconds < misses.milliseconds)
        #expect(writes.result.answers == ids.count)

        let mixed = 4 * ids.count
        _ = try await Self.mix(ids, mixed, seed: 1, apis)
        let mix = try await meter.measure("95 reads, 5 PATCH, Zipf", mixed) {
          try await Self.mix(ids, mixed, seed: 2, apis)
        }
        let ratio = Double(mix.result.hits) / Double(mix.result.reads)
        FaultReport.tell(
          (["Redis CPU of the cache, \(ids.count) dialogues"]
            + [misses, hits, limitedHits, writes, mix].map(\.line)
            + [String(format: "of the mix %.1f %% of the reads were hits", 100 * ratio)])
            .joined(separator: "\n"))
        #expect(ratio > 0.5)
      }
    }

    /// What came of some requests.
    struct Tally: Sendable {
      var answers = 0
      var reads = 0
      var hits = 0
    }

    private static func read(_ paths: [String], _ apis: [API], readers: Int = 1) async throws -> Tally {
      try await send(paths.map { Request(path: $0, title: nil) }, apis, senders: readers)
    }

    private static func write(_ ids: [String], _ apis: [API]) async throws -> Tally {
      try await send(ids.map { Request(path: "/conversations/\($0)", title: "Title of \($0)") }, apis)
    }

    private static func mix(_ ids: [String], _ count: Int, seed: UInt64, _ apis: [API]) async throws -> Tally
    {
      var random = SplitMix64(seed: seed)
      let popularity = Zipf(ids.count)
      let requests = (0..<count).map { number in
        let id = ids[popularity.choose(&random)]
        let kind = Int.random(in: 0..<100, using: &random)
        let messages = "/conversations/\(id)/messages?page=1&limit=20"
        return Request(
          path: kind < 5 || kind >= 43 ? "/conversations/\(id)" : messages,
          title: kind < 5 ? "T\(number)" : nil)
      }
      return try await send(requests, apis)
    }

    private struct Request: Sendable {
      let path: String
      /// Of a PATCH; nil for a read.
      let title: String?
    }

    /// - Parameter senders: principals that take turns.
    private static func send(_ requests: [Request], _ apis: [API], senders: Int = 1) async throws -> Tally {
      let tally = NIOLockedValueBox(Tally())
      let turn = Counter()
      try await concurrently(requests, width: clients) { request in
        let number = turn.next()
        let client = apis[number % apis.count].client("backend-\(number % senders)", role: "service")
        let answer: Answer
        if let title = request.title {
          answer = try await client.patch(request.path, ["title": title])
        } else {
          answer = try await client.getThroughCache(request.path)
        }
        #expect(answer.status == 200, "\(answer)")
        tally.withLockedValue { tally in
          tally.answers += 1
          tally.reads += request.title == nil ? 1 : 0
          tally.hits += answer.isHit ? 1 : 0
        }
      }
      return tally.withLockedValue { $0 }
    }
  }
}

/// The CPU time of the cache's Redis, less what it needs without any request.
private struct RedisMeter {
  struct Reading<Result: Sendable>: Sendable {
    let what: String
    let result: Result
    /// Of CPU time per 1,000 requests.
    let milliseconds: Double

    var line: String {
      "  \(what.padding(toLength: 26, withPad: " ", startingAt: 0))"
        + String(format: "%7.2f ms per 1,000", milliseconds)
    }
  }

  private let system: LocalSystem
  /// Seconds of CPU time per second.
  private let idle: Double

  init(_ system: LocalSystem) async throws {
    self.system = system
    let (before, start) = (try await Self.spent(system), ContinuousClock.now)
    try await Task.sleep(for: .seconds(3))
    idle = (try await Self.spent(system) - before) / ((ContinuousClock.now - start) / .seconds(1))
  }

  func measure<Result: Sendable>(
    _ what: String, _ count: Int, _ body: () async throws -> Result
  ) async throws -> Reading<Result> {
    let (before, start) = (try await Self.spent(system), ContinuousClock.now)
    let result = try await body()
    let seconds = try await Self.spent(system) - before - idle * ((ContinuousClock.now - start) / .seconds(1))
    return Reading(what: what, result: result, milliseconds: max(0, seconds) * 1_000_000 / Double(count))
  }

  private static func spent(_ system: LocalSystem) async throws -> Double {
    try await system.ask(system.cacheRedis, "INFO", "cpu").reduce(0) { sum, line in
      let parts = line.split(separator: ":")
      guard parts.count == 2, ["used_cpu_user", "used_cpu_sys"].contains(parts[0]) else { return sum }
      return sum + (Double(parts[1].trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0)
    }
  }
}

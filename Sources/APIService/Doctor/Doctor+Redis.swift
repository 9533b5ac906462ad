import Cache
import Foundation
import Queue
import Redis
import Settings

extension Doctor {
  /// Of the cache, whether its hits count, and of the queue.
  func redisFindings() async -> [Finding] {
    async let cache = cache(settings.cacheURL)
    async let queue = queue(settings.queueURL)
    let (cached, queued) = (await cache, await queue)
    return cached.findings + queued.findings + Self.shared(cached.info, queued.info)
  }

  /// A full cache evicts, and what is evicted of a queue is lost.
  static func shared(_ cache: ServerInfo?, _ queue: ServerInfo?) -> [Finding] {
    guard let own = cache?.runID, own == queue?.runID else { return [] }
    return [
      .warning(
        "cache and queue", "they share one Redis",
        "give each its own: REDIS_CACHE_URL may evict, REDIS_QUEUE_URL must not")
    ]
  }

  private func cache(_ url: RedisURL?) async -> (info: ServerInfo?, findings: [Finding]) {
    await with("cache", url, "REDIS_CACHE_URL, or REDIS_URL,") { redis, info in
      var options = CacheSettings()
      options.commandTimeout = commandPatience
      let watermark = try await Cache(redis: redis, settings: options, logger: logger).watermark()
      return info.cacheFindings + [Self.trust(watermark.distrust)]
    }
  }

  /// Who runs the programs for the first time has nobody to keep the watermark yet.
  static func trust(_ distrust: CacheDistrust?) -> Finding {
    guard let distrust else { return .ok("cache trust", "its hits count") }
    return .warning(
      "cache trust", "its hits do not count now (\(distrust.rawValue)), and reads go to Postgres",
      "start the programs; if they run, see why freshet_fence_age_seconds grows")
  }

  private func queue(_ url: RedisURL?) async -> (info: ServerInfo?, findings: [Finding]) {
    await with("queue", url, "REDIS_QUEUE_URL, or REDIS_URL,") { redis, _ in
      var options = QueueSettings()
      options.shards = settings.queueShards
      let queue = WebhookQueue(redis: redis, settings: options)
      let report = try await queue.inspectServer()
      let dead = report.refusals.isEmpty ? try await queue.statistics().dead : 0
      return Self.judge(report, dead: Int(dead), syncs: try await Self.appendSync(redis))
    }
  }

  /// - Parameter syncs: `appendfsync`; nil when the server does not tell.
  static func judge(_ report: QueueServerReport, dead: Int, syncs: String?) -> [Finding] {
    let remedy =
      "configure it as deploy/scripts/local-stack.sh does: noeviction, appendonly yes, appendfsync always"
    var findings = report.refusals.map { Finding.failed("queue policy", $0, remedy) }
    findings += report.warnings.map { .warning("queue policy", $0, remedy) }
    if let syncs, syncs != "always", findings.isEmpty {
      findings.append(
        .warning(
          "queue policy", "appendfsync is \(syncs): a crash may lose a second of accepted events", remedy))
    }
    if findings.isEmpty {
      findings.append(.ok("queue policy", "evicts nothing, and keeps what it took on disk"))
    }
    if dead > 0 {
      findings.append(
        .warning(
          "dead events", counted(dead, "event"), "see WebhookWorker queue dead, then replay or discard"))
    }
    return findings
  }

  /// Managed servers may not let themselves be asked.
  private static func appendSync(_ redis: RedisClient) async throws -> String? {
    let command = RedisCommand("CONFIG", "GET", "appendfsync")
    return try await redis.execute(command, timeout: commandPatience).array?.last?.string
  }

  private func with(
    _ check: String, _ url: RedisURL?, _ setting: String,
    _ body: @Sendable (RedisClient, ServerInfo) async throws -> [Finding]
  ) async -> (info: ServerInfo?, findings: [Finding]) {
    guard let url else { return (nil, []) }
    let redis = RedisClient(url: url, logger: logger)
    do {
      return try await withRunning(redis) {
        try await redis.waitUntilConnected(within: commandPatience)
        let before = Date()
        let time = try await redis.execute(RedisCommand("TIME"), timeout: commandPatience)
        let skew = Self.clock(time).map { ClockSkew(server: $0, before: before, after: Date()) }
        let reply = try await redis.execute(RedisCommand("INFO"), timeout: commandPatience)
        let info = ServerInfo(reply.string ?? "")
        let own = [Finding.ok(check, "Redis \(info.version) at \(url)")]
        return (info, own + (skew?.findings("\(check) clock") ?? []) + (try await body(redis, info)))
      }
    } catch {
      return (nil, [Self.failure(check, url, error, setting)])
    }
  }

  private static func clock(_ reply: RedisReply) -> Double? {
    let parts = reply.array?.compactMap { $0.string.flatMap(Double.init) } ?? []
    return parts.count == 2 ? parts[0] + parts[1] / 1_000_000 : nil
  }

  private static func failure(
    _ check: String, _ url: RedisURL, _ error: any Error, _ setting: String
  ) -> Finding {
    let detail = (error as? RedisError)?.detail ?? (error as? QueueError)?.detail ?? "\(error)"
    let isAway = (error as? RedisError).map { $0.code != .serverError } ?? false
    let text = "Redis at \(url): \(detail)"
    let remedy = "check that it runs and that \(setting) names it"
    return isAway ? .unreachable(check, text, remedy) : .failed(check, text, remedy)
  }
}

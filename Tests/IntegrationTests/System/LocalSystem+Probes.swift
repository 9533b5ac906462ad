import Crypto
import Foundation

@testable import TestSupport

/// Looks behind the programs with the servers' own tools, so that no code of the product vouches for itself.
extension LocalSystem {
  /// The rows of a query, each column as text.
  ///
  /// - Parameter url: as whom; as superuser by default.
  func rows(_ sql: String, at url: String? = nil) async throws -> [[String]] {
    let arguments = ["--no-psqlrc", "-qAtF", "\t", "-v", "ON_ERROR_STOP=1", url ?? databaseURL, "-c", sql]
    return try await output(of: PostgresPrograms.path("psql"), arguments)
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  }

  /// The one number that a query returns.
  func count(_ sql: String) async throws -> Int {
    guard let number = try await rows(sql).first?.first.flatMap({ Int($0) }) else {
      throw IntegrationError("no number: \(sql)")
    }
    return number
  }

  /// The reply of a command, line by line.
  func ask(_ redis: RedisServer, _ command: String...) async throws -> [String] {
    try await ask(redis, command)
  }

  func ask(_ redis: RedisServer, _ command: [String]) async throws -> [String] {
    try await output(of: "redis-cli", ["-p", String(redis.port)] + command)
  }

  /// Events that were accepted and are neither settled nor dead.
  func queueDepth() async throws -> Int {
    let depth = try await ask(queueRedis, "HGET", "webhooks:{0}:meta", "depth")
    return depth.first.flatMap { Int($0) } ?? 0
  }

  /// Events ever queued.
  func queuedEvents() async throws -> Int {
    let enqueued = try await ask(queueRedis, "HGET", "webhooks:{0}:meta", "enqueued")
    return enqueued.first.flatMap { Int($0) } ?? 0
  }

  /// Events in the dead-letter set.
  func deadEvents() async throws -> Int {
    Int(try await ask(queueRedis, "ZCARD", "webhooks:{0}:dead").first ?? "") ?? -1
  }

  /// Waits until the events with these bodies are settled: applied, their invalidation confirmed, gone from the queue.
  ///
  /// One `redis-cli` asks every five milliseconds.
  func waitUntilSettled(_ bodies: Data..., within limit: Duration = .seconds(30)) async throws {
    let keys = bodies.map { "webhooks:{0}:done:\(Self.eventID(of: $0))" }
    let question = try ChildProcess(
      "redis-cli", ["-p", String(queueRedis.port), "-r", "-1", "-i", "0.005", "EXISTS"] + keys)
    defer { question.kill() }
    guard try await eventually(within: limit, { question.lines.last == String(keys.count) }) else {
      throw IntegrationError("not settled: \(bodies.map { String(decoding: $0.prefix(300), as: UTF8.self) })")
    }
  }

  /// Waits until every accepted event is settled or dead.
  func waitUntilQueueIsEmpty(within limit: Duration) async throws {
    guard try await eventually(within: limit, { try await queueDepth() == 0 }) else {
      throw IntegrationError("\(try await queueDepth()) events are still queued")
    }
  }

  /// The contract's event id: lower-case hex SHA-256 of the raw body.
  static func eventID(of body: Data) -> String {
    SHA256.hash(data: body).map { String(format: "%02x", $0) }.joined()
  }

  private func output(of program: String, _ arguments: [String]) async throws -> [String] {
    let process = try ChildProcess(program, arguments)
    let exit = try await process.wait(within: .seconds(60))
    try await process.waitForOutputEnd()
    guard exit == .code(0) else { throw IntegrationError("\(program): \(process.lines)") }
    return process.lines
  }
}

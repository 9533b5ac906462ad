import Foundation
import TestSupport

/// Hears from the queue's Redis when it drops an event for good: from then on the event is settled.
///
/// What it hears comes later than what happened, never sooner: nothing counts as confirmed too early.
struct SettlementWatch: Sendable {
  private static let channel = "__keyspace@0__:webhooks:{0}:done:"
  private let listener: ChildProcess

  /// Returns once it listens.
  init(_ queue: RedisServer) async throws {
    _ = try await queue.run("CONFIG", "SET", "notify-keyspace-events", "K$")
    listener = try ChildProcess("redis-cli", ["-p", String(queue.port), "PSUBSCRIBE", "\(Self.channel)*"])
    try await listener.waitForLine(containing: "psubscribe")
  }

  /// Tells the recorder of each event, until cancelled.
  func run(_ recorder: Recorder, _ clock: RunClock) async {
    defer { listener.kill() }
    var heard = 0
    while !Task.isCancelled {
      let lines = listener.lines
      for line in lines.dropFirst(heard) where line.hasPrefix(Self.channel) {
        recorder.settled(String(line.dropFirst(Self.channel.count)), at: clock.now)
      }
      heard = lines.count
      // Ends early only when cancelled, which the loop sees.
      try? await Task.sleep(for: .milliseconds(5))
    }
  }
}

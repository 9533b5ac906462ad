internal import Keyspace
internal import Redis

/// Turns hints in Redis into an early end of a wait.
///
/// It blocks on a connection of its own, and only while somebody waits: a hint popped by a busy worker would
/// be missed by an idle one. A hint that gets lost costs one `longestIdle`, never an event.
final class WakeListener: Sendable {
  private let redis: RedisClient
  private let keys: [RedisArgument]
  private let demand: AsyncStream<Duration>
  private let demands: AsyncStream<Duration>.Continuation
  private let bell = Bell()

  init(redis: RedisClient, shards: [QueueShard]) {
    self.redis = redis
    keys = shards.map { RedisArgument($0.keys.wake) }
    (demand, demands) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Serves ``wait(atMost:)`` until cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        try await redis.withDedicatedConnection { try await self.serve($0) }
      } catch {
        // Without hints the queue is looked at every `longestIdle`; Redis itself reports its absence.
        await pause(.milliseconds(500))
      }
    }
  }

  /// Returns at the first hint, at the limit, or when cancelled.
  func wait(atMost limit: Duration) async {
    demands.yield(limit)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.bell.next() }
      group.addTask { await pause(limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private func serve(_ connection: RedisConnection) async throws {
    for await limit in demand {
      let seconds = RedisArgument(String(max(0.01, limit / .seconds(1))))
      // The margin is the watchdog: a connection that does not answer by then is dead and replaced.
      let reply = try await connection.execute(
        RedisCommand("BLPOP", keys + [seconds]), timeout: limit + .seconds(1))
      if !reply.isNull { bell.ring() }
    }
  }
}

/// A wait that ends at the end of the duration or when cancelled, whichever is first.
func pause(_ duration: Duration) async {
  // Sleeping throws for one reason only, the cancellation, after which the caller stops by itself.
  try? await Task.sleep(for: duration)
}

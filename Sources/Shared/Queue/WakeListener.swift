internal import Keyspace
internal import NIOConcurrencyHelpers
internal import Redis

/// Turns hints in Redis into an early end of a wait.
///
/// It blocks on a connection of its own, and begins to only while somebody waits: a hint popped by a busy worker would be
/// missed by an idle one. It stays blocked from one wait to the next, since a worker without work asks for it often. A
/// hint that gets lost costs one `longestIdle`, never an event.
final class WakeListener: Sendable {
  /// After which an idle connection proves that it lives.
  private static let patience = Duration.seconds(5)

  private let redis: RedisClient
  private let command: RedisCommand
  private let demand: AsyncStream<Void>
  private let demands: AsyncStream<Void>.Continuation
  private let waiting = NIOLockedValueBox(0)
  private let bell = Bell()

  init(redis: RedisClient, shards: [QueueShard]) {
    self.redis = redis
    let seconds = RedisArgument(String(Self.patience / .seconds(1)))
    command = RedisCommand("BLPOP", shards.map { RedisArgument($0.keys.wake) } + [seconds])
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
    waiting.withLockedValue { $0 += 1 }
    defer { waiting.withLockedValue { $0 -= 1 } }
    demands.yield()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.bell.next() }
      group.addTask { await pause(limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private func serve(_ connection: RedisConnection) async throws {
    for await _ in demand {
      while waiting.withLockedValue({ $0 > 0 }) {
        // The margin is the watchdog: a connection that does not answer by then is dead and replaced.
        let reply = try await connection.execute(command, timeout: Self.patience + .seconds(1))
        guard !reply.isNull else { continue }
        bell.ring()
        break
      }
    }
  }
}

/// A wait that ends at the end of the duration or when cancelled, whichever is first.
func pause(_ duration: Duration) async {
  // Sleeping throws for one reason only, the cancellation, after which the caller stops by itself.
  try? await Task.sleep(for: duration)
}
